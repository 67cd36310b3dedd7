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

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Says until when this node may rely on what it knows of a peer's interest: for a time
 * from the moment at which it has asked the peer, if it knows the version that the peer
 * has answered. The version often comes after the answer, so that some answers are
 * remembered until then. Safe for use by many threads.
 */
final class InterestLease {

	private static final int MAX_ASKED = 64;

	private final Deque<Asked> asked = new ArrayDeque<>();

	/** When the request was sent whose answer has confirmed the interest. */
	private volatile long freshAt;

	InterestLease(long freshAt) {
		this.freshAt = freshAt;
	}

	/**
	 * The peer has answered a request. Called in the order of the requests.
	 * @param sentAt when the request was sent, by {@link System#nanoTime()}
	 * @param version the version of the peer's interest at the time of its answer
	 * @param known the version that this node knows
	 */
	synchronized void answered(long sentAt, long version, long known) {
		Asked last = this.asked.peekLast();
		if (last != null && last.version() == version) {
			this.asked.removeLast();
		}
		if (this.asked.size() < MAX_ASKED) {
			this.asked.add(new Asked(sentAt, version));
		}
		known(known);
	}

	/**
	 * This node has learned of the peer's interest.
	 * @param version the version that it knows
	 */
	synchronized void known(long version) {
		for (Asked next = this.asked.peek(); next != null && next.version() <= version; next = this.asked.peek()) {
			this.asked.remove();
			this.freshAt = next.sentAt();
		}
	}

	/**
	 * Return whether what is known is still valid.
	 * @param nanos for how long it is
	 */
	boolean isValid(long now, long nanos) {
		return now - this.freshAt < nanos;
	}

	/**
	 * An answer whose version is not known.
	 *
	 * @param sentAt when the peer was asked
	 * @param version the version
	 */
	private record Asked(long sentAt, long version) {
	}

}
