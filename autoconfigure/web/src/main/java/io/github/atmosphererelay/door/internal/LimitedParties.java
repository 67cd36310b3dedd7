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

package io.github.atmosphererelay.door.internal;

import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

import io.github.bucket4j.Bucket;
import org.jspecify.annotations.Nullable;

/**
 * Users, or addresses, that may have only so many sessions and do only so much. One
 * without a session is known until what it has used up has come back: otherwise it would
 * come back with each new connection. So there are as many as have sessions, and
 * {@value #MAX_LEFT}. Safe for use by many threads.
 */
final class LimitedParties {

	private static final int MAX_LEFT = 10_000;

	private final int maxSessions;

	private final Supplier<@Nullable Bucket> buckets;

	private final long capacity;

	private final Map<String, Party> parties = new ConcurrentHashMap<>();

	/** Those without a session whose bucket is not full yet. */
	private final Queue<String> left = new ConcurrentLinkedQueue<>();

	private final AtomicInteger leftCount = new AtomicInteger();

	/**
	 * Create parties of which nobody is known.
	 * @param maxSessions how many sessions each may have, 0 for any number
	 * @param buckets makes what a new party may use up, or {@code null} if that is not
	 * limited
	 * @param capacity what a full bucket holds
	 */
	LimitedParties(int maxSessions, Supplier<@Nullable Bucket> buckets, long capacity) {
		this.maxSessions = maxSessions;
		this.buckets = buckets;
		this.capacity = capacity;
	}

	/**
	 * Return whether a party may have one more session at the moment.
	 */
	boolean hasRoom(String key) {
		Party party = this.parties.get(key);
		return party == null || hasRoom(party);
	}

	private boolean hasRoom(Party party) {
		return this.maxSessions == 0 || party.sessions < this.maxSessions;
	}

	/**
	 * A party has one session more.
	 * @return the party, which has to {@link #leave}, or {@code null} if it has too many
	 */
	@Nullable Party enter(String key) {
		forgetRested();
		Party[] entered = new Party[1];
		this.parties.compute(key, (same, known) -> {
			Party party = (known != null) ? known : new Party(this.buckets.get());
			if (hasRoom(party)) {
				party.sessions++;
				entered[0] = party;
			}
			return party;
		});
		return entered[0];
	}

	/**
	 * A party has one session less.
	 */
	void leave(String key) {
		boolean[] tired = new boolean[1];
		this.parties.computeIfPresent(key, (same, party) -> {
			if (--party.sessions > 0 || party.left) {
				return party;
			}
			if (isRested(party) || this.leftCount.get() >= MAX_LEFT) {
				return null;
			}
			party.left = true;
			tired[0] = true;
			return party;
		});
		if (tired[0]) {
			this.leftCount.incrementAndGet();
			this.left.add(key);
		}
	}

	/**
	 * Look at two of those that have left, with each one that comes, so that they become
	 * fewer.
	 */
	private void forgetRested() {
		for (int i = 0; i < 2; i++) {
			String key = this.left.poll();
			if (key == null) {
				return;
			}
			boolean[] tired = new boolean[1];
			this.parties.computeIfPresent(key, (same, party) -> {
				tired[0] = (party.sessions == 0 && !isRested(party));
				party.left = tired[0];
				return (party.sessions == 0 && !tired[0]) ? null : party;
			});
			if (tired[0]) {
				this.left.add(key);
			}
			else {
				this.leftCount.decrementAndGet();
			}
		}
	}

	private boolean isRested(Party party) {
		return party.bucket == null || party.bucket.getAvailableTokens() >= this.capacity;
	}

	/**
	 * Return how many are known.
	 */
	int size() {
		return this.parties.size();
	}

	/**
	 * What is known of a user or an address. The count changes within the map's own lock
	 * only.
	 */
	static final class Party {

		private final @Nullable Bucket bucket;

		/** Whether it stands among those that have left. */
		private boolean left;

		private volatile int sessions;

		Party(@Nullable Bucket bucket) {
			this.bucket = bucket;
		}

		/**
		 * Return what it may use up, or {@code null} if that is not limited.
		 */
		@Nullable Bucket bucket() {
			return this.bucket;
		}

	}

}
