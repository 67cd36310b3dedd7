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

import org.jspecify.annotations.Nullable;

/**
 * A row that is to be inserted, without its number.
 *
 * @param messageId the id of the message
 * @param shard the number of the shard
 * @param channel the recorded channel, or {@code null} if the message is ephemeral
 * @param createdAt when it was appended, in milliseconds since 1970 by this node's clock
 * @param expiresAt when it may be removed, in milliseconds since 1970 by this node's
 * clock
 * @param logSize the maximum number of publications of the channel, or {@code null} if
 * the message is ephemeral
 * @param envelope the encoded envelope
 */
record NewRow(UUID messageId, int shard, @Nullable String channel, long createdAt, long expiresAt,
		@Nullable Integer logSize, byte[] envelope) {
}
