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
 * Where a node goes on in a channel's log that does not continue from where the node was.
 * For example, the node has delivered up to offset 40 of an epoch that ended at offset
 * 42, when the broker was restarted: it goes on at offset 40 of the present epoch, reads
 * 41 and 42 there, and then what was appended after the restart.
 *
 * @param position the position in the present epoch after which the node reads on
 * @param complete whether nothing is missing for a node that does so: as far as is known,
 * every publication after the one that the node was asked about, of its epoch and of all
 * that followed, stands in the log after the position, or was delivered by the node
 * already
 * @param known whether the relay knows the epoch that it was asked about. One that is not
 * known is of a log that was lost, or too long ago, and then {@code complete} is
 * {@code false}
 */
public record LogContinuation(Position position, boolean complete, boolean known) {

	public LogContinuation {
		Objects.requireNonNull(position, "'position' must not be null");
	}

	/**
	 * Create a continuation from an epoch that the relay knows.
	 * @param position the position in the present epoch after which the node reads on
	 * @param complete whether nothing is missing for a node that does so
	 */
	public LogContinuation(Position position, boolean complete) {
		this(position, complete, true);
	}

}
