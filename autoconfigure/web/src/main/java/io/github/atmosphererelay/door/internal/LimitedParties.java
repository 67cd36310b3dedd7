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
 * Users or addresses whose number of sessions and rate of actions are limited. A party
 * without sessions is remembered until its bucket is full again: otherwise each new
 * connection would start with a full bucket. The number of parties is bounded: those with
 * sessions, and {@value #MAX_IDLE} others. Safe for use by many threads.
 */
final class LimitedParties {

	private static final int MAX_IDLE = 10_000;

	private final int maxSessions;

	private final Supplier<@Nullable Bucket> buckets;

	private final long capacity;

	private final Map<String, Party> parties = new ConcurrentHashMap<>();

	/** The keys of parties without sessions whose bucket is not full yet. */
	private final Queue<String> idle = new ConcurrentLinkedQueue<>();

	private final AtomicInteger idleCount = new AtomicInteger();

	/**
	 * Create an instance without parties.
	 * @param maxSessions the maximum number of sessions of each party, 0 for no limit
	 * @param buckets creates the bucket of a new party; returns {@code null} if the rate
	 * is not limited
	 * @param capacity the number of tokens of a full bucket
	 */
	LimitedParties(int maxSessions, Supplier<@Nullable Bucket> buckets, long capacity) {
		this.maxSessions = maxSessions;
		this.buckets = buckets;
		this.capacity = capacity;
	}

	/**
	 * Return whether a party may have one more session now.
	 */
	boolean hasRoom(String key) {
		Party party = this.parties.get(key);
		return party == null || hasRoom(party);
	}

	private boolean hasRoom(Party party) {
		return this.maxSessions == 0 || party.sessions < this.maxSessions;
	}

	/**
	 * Add a session to a party.
	 * @return the party, which has to {@link #leave} again; or {@code null} if it has too
	 * many sessions
	 */
	@Nullable Party enter(String key) {
		forgetFullBuckets();
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
	 * Return the bucket of a party for an action without a session.
	 * @return the bucket, or {@code null} if the rate is not limited
	 */
	@Nullable Bucket visit(String key) {
		forgetFullBuckets();
		boolean[] becomesIdle = new boolean[1];
		@Nullable Bucket[] bucket = new Bucket[1];
		this.parties.compute(key, (same, known) -> {
			Party party = (known != null) ? known : new Party(this.buckets.get());
			bucket[0] = party.bucket;
			if (known != null) {
				return party;
			}
			if (party.bucket == null || this.idleCount.get() >= MAX_IDLE) {
				return null;
			}
			party.idle = true;
			becomesIdle[0] = true;
			return party;
		});
		if (becomesIdle[0]) {
			this.idleCount.incrementAndGet();
			this.idle.add(key);
		}
		return bucket[0];
	}

	/**
	 * Remove a session from a party.
	 */
	void leave(String key) {
		boolean[] becomesIdle = new boolean[1];
		this.parties.computeIfPresent(key, (same, party) -> {
			if (--party.sessions > 0 || party.idle) {
				return party;
			}
			if (isBucketFull(party) || this.idleCount.get() >= MAX_IDLE) {
				return null;
			}
			party.idle = true;
			becomesIdle[0] = true;
			return party;
		});
		if (becomesIdle[0]) {
			this.idleCount.incrementAndGet();
			this.idle.add(key);
		}
	}

	/**
	 * Check two parties without sessions at each new session, so that their number
	 * decreases.
	 */
	private void forgetFullBuckets() {
		for (int i = 0; i < 2; i++) {
			String key = this.idle.poll();
			if (key == null) {
				return;
			}
			boolean[] becomesIdle = new boolean[1];
			this.parties.computeIfPresent(key, (same, party) -> {
				becomesIdle[0] = (party.sessions == 0 && !isBucketFull(party));
				party.idle = becomesIdle[0];
				return (party.sessions == 0 && !becomesIdle[0]) ? null : party;
			});
			if (becomesIdle[0]) {
				this.idle.add(key);
			}
			else {
				this.idleCount.decrementAndGet();
			}
		}
	}

	private boolean isBucketFull(Party party) {
		return party.bucket == null || party.bucket.getAvailableTokens() >= this.capacity;
	}

	/**
	 * Return the number of known parties.
	 */
	int size() {
		return this.parties.size();
	}

	/**
	 * The state of a user or an address. The number of sessions changes only within the
	 * map's lock.
	 */
	static final class Party {

		private final @Nullable Bucket bucket;

		/** Whether the party's key is in {@link LimitedParties#idle}. */
		private boolean idle;

		private volatile int sessions;

		Party(@Nullable Bucket bucket) {
			this.bucket = bucket;
		}

		/**
		 * Return the party's bucket, or {@code null} if its rate is not limited.
		 */
		@Nullable Bucket bucket() {
			return this.bucket;
		}

	}

}
