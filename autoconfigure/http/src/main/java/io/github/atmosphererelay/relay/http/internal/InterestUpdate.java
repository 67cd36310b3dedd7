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

package io.github.atmosphererelay.relay.http.internal;

import java.util.List;

/**
 * What a node tells a peer about the addresses that it follows. Addresses are in their
 * string form.
 */
sealed interface InterestUpdate {

	/** The peer knows it all, as far as this node knows. */
	InterestUpdate NONE = new None();

	/**
	 * Return whether there is nothing to tell.
	 */
	default boolean isEmpty() {
		return this instanceof None;
	}

	/**
	 * Nothing.
	 */
	record None() implements InterestUpdate {
	}

	/**
	 * Changes. Each one makes the next version of the interest.
	 *
	 * @param from the version that the first change follows
	 * @param changes the changes, in order
	 */
	record Delta(long from, List<Change> changes) implements InterestUpdate {

		public Delta {
			changes = List.copyOf(changes);
		}

		long to() {
			return this.from + this.changes.size();
		}

	}

	/**
	 * One change.
	 *
	 * @param added whether the node follows the address from now on, or no longer
	 * @param address the address
	 */
	record Change(boolean added, String address) {
	}

	/**
	 * A part of all addresses.
	 *
	 * @param version the version of the interest
	 * @param index the part's number, from 0
	 * @param last whether it is the last part
	 * @param addresses the addresses
	 */
	record Part(long version, int index, boolean last, List<String> addresses) implements InterestUpdate {

		public Part {
			addresses = List.copyOf(addresses);
		}

	}

}
