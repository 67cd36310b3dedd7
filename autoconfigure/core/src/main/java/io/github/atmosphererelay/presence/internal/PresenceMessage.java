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
 * A presence message between nodes. Each node numbers the changes of its own entries 1,
 * 2, 3 and so on; the version of its entries is the number of the last change.
 */
sealed interface PresenceMessage {

	/**
	 * Changes of the sender's entries. Applying the same changes twice has the same
	 * result as applying them once.
	 *
	 * @param from the version before the changes
	 * @param to the version after the changes
	 * @param changes the changes, in order
	 */
	record Delta(long from, long to, List<Change> changes) implements PresenceMessage {
	}

	/**
	 * A summary of all entries of the sender, with which the receiver checks its copy.
	 *
	 * @param version the version of the entries
	 * @param count the number of entries
	 * @param hash the sum of the hashes of all entries
	 */
	record Digest(long version, int count, long hash) implements PresenceMessage {
	}

	/**
	 * A request for the receiver's entries.
	 *
	 * @param id the request's number, which the answer repeats
	 * @param have the version of the sender's copy, so that only later changes are sent;
	 * -1 to request all entries
	 */
	record Ask(long id, long have) implements PresenceMessage {
	}

	/**
	 * A part of a complete list of the sender's entries.
	 *
	 * @param ask the number of the request that this answers
	 * @param index the number of the part, from 0
	 * @param last whether this is the last part
	 * @param version the version of the entries that all parts contain together
	 * @param entries the entries of this part
	 */
	record Chunk(long ask, int index, boolean last, long version,
			List<PresenceEntry> entries) implements PresenceMessage {
	}

	/**
	 * A change of one entry.
	 *
	 * @param key identifies the entry
	 * @param entry the entry after the change, or {@code null} if it was removed
	 * @param moved whether the entry was removed because its session was asked to move to
	 * another node
	 */
	record Change(PresenceEntry.Key key, @Nullable PresenceEntry entry, boolean moved) {

		Change(PresenceEntry.Key key, @Nullable PresenceEntry entry) {
			this(key, entry, false);
		}

		static Change of(PresenceEntry entry) {
			return new Change(entry.key(), entry);
		}

	}

}
