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

package io.github.atmosphererelay.presence.internal;

import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * What nodes say to each other about presence. Each node numbers the changes of its own
 * entries; its version is the number of the last.
 */
sealed interface PresenceMessage {

	/**
	 * Changes of the sender's entries. Done again, they change nothing more.
	 *
	 * @param from the version before the changes
	 * @param to the version after them
	 * @param changes the changes, in order
	 */
	record Delta(long from, long to, List<Change> changes) implements PresenceMessage {
	}

	/**
	 * What the sender's entries come to.
	 *
	 * @param version the version
	 * @param count how many entries there are
	 * @param hash the sum of their digests
	 */
	record Digest(long version, int count, long hash) implements PresenceMessage {
	}

	/**
	 * The sender wants the receiver's entries.
	 *
	 * @param id tells answers apart
	 * @param have the version that the sender has and wants to be brought up from, or -1
	 * for all entries
	 */
	record Ask(long id, long have) implements PresenceMessage {
	}

	/**
	 * A part of all entries of the sender.
	 *
	 * @param ask what this answers
	 * @param index the number of the part, from 0
	 * @param last whether it is the last
	 * @param version the version that all parts make up
	 * @param entries the entries
	 */
	record Chunk(long ask, int index, boolean last, long version,
			List<PresenceEntry> entries) implements PresenceMessage {
	}

	/**
	 * A change of one entry.
	 *
	 * @param key which entry
	 * @param entry the entry as it is now, or {@code null} if it is gone
	 */
	record Change(PresenceEntry.Key key, @Nullable PresenceEntry entry) {

		static Change of(PresenceEntry entry) {
			return new Change(entry.key(), entry);
		}

	}

}
