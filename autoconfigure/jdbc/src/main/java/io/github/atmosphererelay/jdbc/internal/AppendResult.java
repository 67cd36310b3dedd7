/*
 * Copyright 2026-present the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

package io.github.atmosphererelay.jdbc.internal;

import java.util.UUID;

import io.github.atmosphererelay.message.Position;

/**
 * What became of one envelope that was appended to a {@link ShardedLog}. It holds only if
 * the transaction commits.
 *
 * @param messageId the id of the message, or of the first message with the same
 * idempotency key if this one is a duplicate
 * @param position the place of that message in its shard
 * @param duplicate whether a message with the same idempotency key is in the log already,
 * so that this one was not appended
 */
public record AppendResult(UUID messageId, Position position, boolean duplicate) {
}
