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

package io.github.atmosphererelay.message;

import java.util.Objects;

/**
 * A position in the log of a recorded channel: an epoch and an offset. Within one epoch,
 * later publications have greater offsets. Positions of different epochs cannot be
 * compared.
 * <p>
 * For example, a channel is at offset 43 of the epoch {@code a1} when Redis is restarted,
 * and the log gets the new epoch {@code b7}. Whether a client at {@code a1:43} has missed
 * something cannot be told from an offset of {@code b7}.
 *
 * @param epoch the name of the log's present life. A log that may have lost publications,
 * for example by a restart of its broker, gets a new epoch
 * @param offset the place within the epoch: 0 before the first publication, then growing,
 * but not always by 1
 */
public record Position(String epoch, long offset) {

	public Position {
		Objects.requireNonNull(epoch, "'epoch' must not be null");
		if (offset < 0) {
			throw new IllegalArgumentException("'offset' must not be negative");
		}
	}

}
