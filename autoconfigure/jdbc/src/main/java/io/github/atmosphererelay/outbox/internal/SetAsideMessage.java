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

package io.github.atmosphererelay.outbox.internal;

import java.time.Instant;
import java.util.UUID;

/**
 * A message that could not be forwarded, and waits for an operator.
 *
 * @param id the message's id
 * @param destination the address that it was for, shortened if it is very long
 * @param createdAt when it was published, by the clock of its node
 * @param setAsideAt when it was set aside, by the clock of the node that has tried it
 * @param attempts how often it was tried
 * @param reason why the last attempt has failed
 */
public record SetAsideMessage(UUID id, String destination, Instant createdAt, Instant setAsideAt, int attempts,
		String reason) {
}
