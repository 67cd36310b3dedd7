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

package io.github.atmosphererelay.relay;

import java.time.Instant;
import java.util.Objects;

import io.github.atmosphererelay.message.Publication;

/**
 * A message that a group could not handle, and that waits for an operator.
 *
 * @param group the group's name
 * @param publication the message, with its position
 * @param attempts how often it was tried
 * @param reason why the last attempt failed, shortened
 * @param time when it was set aside, by the clock of the node that did
 */
public record SetAsideMessage(String group, Publication publication, int attempts, String reason, Instant time) {

	public SetAsideMessage {
		Objects.requireNonNull(group, "'group' must not be null");
		Objects.requireNonNull(publication, "'publication' must not be null");
		Objects.requireNonNull(reason, "'reason' must not be null");
		Objects.requireNonNull(time, "'time' must not be null");
	}

}
