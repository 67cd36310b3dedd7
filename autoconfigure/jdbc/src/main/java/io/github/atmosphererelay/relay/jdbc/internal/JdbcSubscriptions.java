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

package io.github.atmosphererelay.relay.jdbc.internal;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

import io.github.atmosphererelay.jdbc.internal.ShardedLog;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.relay.RelayOverloadedException;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import org.jspecify.annotations.Nullable;

/**
 * The addresses that the node follows, and those who wait for a poll of the database: a
 * subscription is confirmed, and the position of a channel known, when a poll has ended
 * that began after the question. Everything that was committed before the question is
 * then read, and everything that is committed later will be. Safe for use by many
 * threads; no future is completed under the lock, and none on the thread of the one who
 * asks.
 */
final class JdbcSubscriptions {

	private static final int MAX_POSITIONS = 10_000;

	/** Read by the reader for each row, without the lock. */
	private final Map<Address, Boolean> followed = new ConcurrentHashMap<>();

	private final Map<Address, Waiting> waiting = new HashMap<>();

	private final List<WaitingPosition> positions = new ArrayList<>();

	/** The number of polls that have begun. */
	private long polls;

	private boolean ended;

	/**
	 * Follow an address.
	 * @param address the address
	 * @return completes when a poll has ended that began after this call
	 */
	synchronized CompletableFuture<@Nullable Void> subscribe(Address address) {
		if (this.ended) {
			return CompletableFuture.failedFuture(new RelayUnavailableException(JdbcRelay.NAME, null));
		}
		if (Boolean.TRUE.equals(this.followed.putIfAbsent(address, false))) {
			return CompletableFuture.completedFuture(null);
		}
		return this.waiting.computeIfAbsent(address, (key) -> new Waiting(new CompletableFuture<>(), this.polls + 1))
			.future();
	}

	/**
	 * Follow an address no longer.
	 * @param address the address
	 * @return the future to cancel, if one is open
	 */
	synchronized @Nullable CompletableFuture<@Nullable Void> unsubscribe(Address address) {
		this.followed.remove(address);
		Waiting waiting = this.waiting.remove(address);
		return (waiting != null) ? waiting.future() : null;
	}

	boolean isFollowed(Address address) {
		return this.followed.containsKey(address);
	}

	/**
	 * Return the addresses of a shard whose subscription is confirmed.
	 * @param shard the number of the shard
	 */
	List<Address> confirmed(int shard) {
		List<Address> addresses = new ArrayList<>();
		this.followed.forEach((address, confirmed) -> {
			if (confirmed && ShardedLog.shardOf(address) == shard) {
				addresses.add(address);
			}
		});
		return addresses;
	}

	/**
	 * Ask for the position of a shard's end.
	 * @param shard the number of the shard
	 * @param deadline when to give up
	 * @return completes when this node has read up to it
	 */
	synchronized CompletableFuture<Position> position(int shard, long deadline) {
		if (this.ended) {
			return CompletableFuture.failedFuture(new RelayUnavailableException(JdbcRelay.NAME, null));
		}
		if (this.positions.size() >= MAX_POSITIONS) {
			return CompletableFuture.failedFuture(RelayOverloadedException.forReads(JdbcRelay.NAME, MAX_POSITIONS));
		}
		WaitingPosition position = new WaitingPosition(shard, this.polls + 1, deadline);
		this.positions.add(position);
		return position.future;
	}

	/**
	 * Begin a poll. Called by the reader.
	 * @return the poll's number
	 */
	synchronized long beginPoll() {
		return ++this.polls;
	}

	/**
	 * End a poll. Called by the reader, whose cursors and heads are given.
	 * @param poll the poll's number
	 * @param cursors how far the reader has read
	 * @param heads the shards' ends when the poll began
	 */
	void endPoll(long poll, ShardCursor[] cursors, long[] heads) {
		List<CompletableFuture<@Nullable Void>> confirmed = new ArrayList<>();
		List<WaitingPosition> reached = new ArrayList<>();
		synchronized (this) {
			Iterator<Map.Entry<Address, Waiting>> subscriptions = this.waiting.entrySet().iterator();
			while (subscriptions.hasNext()) {
				Map.Entry<Address, Waiting> entry = subscriptions.next();
				if (entry.getValue().poll() <= poll) {
					subscriptions.remove();
					this.followed.put(entry.getKey(), true);
					confirmed.add(entry.getValue().future());
				}
			}
			Iterator<WaitingPosition> positions = this.positions.iterator();
			while (positions.hasNext()) {
				WaitingPosition position = positions.next();
				if (position.isReached(poll, cursors[position.shard], heads[position.shard])) {
					positions.remove();
					reached.add(position);
				}
			}
		}
		confirmed.forEach((future) -> future.complete(null));
		reached.forEach((position) -> position.future.complete(cursors[position.shard].position()));
	}

	/**
	 * Give up the questions for positions whose time is over.
	 * @param now the present time
	 * @return the futures to fail
	 */
	synchronized List<CompletableFuture<Position>> removeOverdue(long now) {
		List<CompletableFuture<Position>> overdue = new ArrayList<>();
		while (!this.positions.isEmpty() && now - this.positions.get(0).deadline >= 0) {
			overdue.add(this.positions.remove(0).future);
		}
		return overdue;
	}

	/**
	 * Forget everything, for good.
	 * @return the futures that are open
	 */
	synchronized List<CompletableFuture<?>> end() {
		this.ended = true;
		List<CompletableFuture<?>> open = new ArrayList<>();
		this.waiting.values().forEach((waiting) -> open.add(waiting.future()));
		this.positions.forEach((position) -> open.add(position.future));
		this.waiting.clear();
		this.positions.clear();
		this.followed.clear();
		return open;
	}

	/**
	 * A subscription that is not confirmed.
	 *
	 * @param future the subscriber's future
	 * @param poll the first poll that confirms it
	 */
	private record Waiting(CompletableFuture<@Nullable Void> future, long poll) {
	}

	/**
	 * A question for the end of a shard.
	 */
	private static final class WaitingPosition {

		private final CompletableFuture<Position> future = new CompletableFuture<>();

		private final int shard;

		private final long poll;

		private final long deadline;

		/** What has to be read, -1 until it is known. */
		private long target = -1;

		private String epoch = "";

		private WaitingPosition(int shard, long poll, long deadline) {
			this.shard = shard;
			this.poll = poll;
			this.deadline = deadline;
		}

		private boolean isReached(long poll, ShardCursor cursor, long head) {
			if (poll < this.poll) {
				return false;
			}
			if (this.target < 0 || !this.epoch.equals(cursor.epoch())) {
				this.target = head;
				this.epoch = cursor.epoch();
			}
			return cursor.number() >= this.target;
		}

	}

}
