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

import java.util.Objects;

import io.github.atmosphererelay.message.Position;

/**
 * The position from which a node continues in a channel's log that cannot be read from
 * the node's own position. For example, a node has delivered up to offset 40 of an epoch
 * that ended at offset 42, when the broker was restarted. It continues at offset 40 of
 * the present epoch, reads 41 and 42 there, and then what was appended after the restart.
 *
 * @param position the position in the present epoch after which the node reads on
 * @param complete whether a node that continues there misses nothing: as far as is known,
 * every publication after the node's old position, of that epoch and of all later ones,
 * is in the log after the new position, or was already delivered by the node
 * @param known whether the relay knows the epoch of the node's old position. An unknown
 * epoch belongs to a log that was lost, or ended too long ago; {@code complete} is then
 * {@code false}
 */
public record LogContinuation(Position position, boolean complete, boolean known) {

	public LogContinuation {
		Objects.requireNonNull(position, "'position' must not be null");
	}

	/**
	 * Create a continuation for an epoch that the relay knows.
	 * @param position the position in the present epoch after which the node reads on
	 * @param complete whether a node that continues there misses nothing
	 */
	public LogContinuation(Position position, boolean complete) {
		this(position, complete, true);
	}

}
