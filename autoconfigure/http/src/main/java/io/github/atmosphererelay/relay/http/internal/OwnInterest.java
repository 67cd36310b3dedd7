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
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import org.jspecify.annotations.Nullable;

/**
 * The addresses that this node follows. Each change makes a new version, and the latest
 * changes are remembered, so that a peer that knows an earlier version is told the
 * changes only. Safe for use by many threads; no future is completed under the lock.
 */
final class OwnInterest {

	private static final int MAX_CHANGES = 20_000;

	private static final long MAX_CHANGE_BYTES = 4 * 1024 * 1024;

	private static final Long UNCONFIRMED = 0L;

	/**
	 * When each address was confirmed. Read for each envelope that arrives, without the
	 * lock.
	 */
	private final Map<Address, Long> followed = new ConcurrentHashMap<>();

	private final Map<Address, Waiting> waiting = new ConcurrentHashMap<>();

	/** The same, in the order of their versions. */
	private final Set<Waiting> order = new LinkedHashSet<>();

	private final Deque<InterestUpdate.Change> changes = new ArrayDeque<>();

	private long changeBytes;

	private volatile long version;

	private boolean ended;

	/**
	 * Follow an address.
	 * @param address the address
	 * @return completes when it was confirmed
	 */
	synchronized CompletableFuture<@Nullable Void> subscribe(Address address) {
		if (this.ended) {
			return CompletableFuture.failedFuture(new RelayUnavailableException(HttpRelay.NAME, null));
		}
		Waiting waiting = this.waiting.get(address);
		if (waiting != null) {
			return waiting.future;
		}
		if (this.followed.putIfAbsent(address, UNCONFIRMED) != null) {
			return CompletableFuture.completedFuture(null);
		}
		change(true, address);
		waiting = new Waiting(address, this.version, System.nanoTime());
		this.waiting.put(address, waiting);
		this.order.add(waiting);
		return waiting.future;
	}

	/**
	 * Follow an address no longer.
	 * @param address the address
	 * @return the future to cancel, if one is open
	 */
	synchronized @Nullable CompletableFuture<@Nullable Void> unsubscribe(Address address) {
		if (this.followed.remove(address) == null) {
			return null;
		}
		change(false, address);
		Waiting waiting = this.waiting.remove(address);
		if (waiting == null) {
			return null;
		}
		// The first in the order may be open for long, and hold back the others
		this.order.remove(waiting);
		return waiting.future;
	}

	private void change(boolean added, Address address) {
		String value = address.value();
		this.changes.add(new InterestUpdate.Change(added, value));
		this.changeBytes += value.length();
		this.version++;
		while (this.changes.size() > MAX_CHANGES || this.changeBytes > MAX_CHANGE_BYTES) {
			this.changeBytes -= this.changes.remove().address().length();
		}
	}

	boolean isFollowed(Address address) {
		return this.followed.containsKey(address);
	}

	long version() {
		return this.version;
	}

	int size() {
		return this.followed.size();
	}

	/**
	 * Return all addresses.
	 */
	List<Address> addresses() {
		return List.copyOf(this.followed.keySet());
	}

	/**
	 * Return the addresses that were confirmed before a moment, with the time of each.
	 * @param time the moment, by {@link System#nanoTime()}
	 */
	Map<Address, Long> confirmedBefore(long time) {
		Map<Address, Long> confirmed = new HashMap<>();
		this.followed.forEach((address, at) -> {
			if (!at.equals(UNCONFIRMED) && at - time < 0) {
				confirmed.put(address, at);
			}
		});
		return confirmed;
	}

	/**
	 * Return the changes since a version.
	 * @param from the version
	 * @param maxBytes how large they may be together
	 * @return the first of the changes, or {@code null} if they are not remembered
	 */
	synchronized InterestUpdate.@Nullable Delta changes(long from, int maxBytes) {
		long skip = from - (this.version - this.changes.size());
		if (skip < 0 || from > this.version) {
			return null;
		}
		List<InterestUpdate.Change> changes = new ArrayList<>();
		int bytes = 0;
		Iterator<InterestUpdate.Change> all = this.changes.iterator();
		for (long i = 0; all.hasNext() && bytes < maxBytes; i++) {
			InterestUpdate.Change change = all.next();
			if (i >= skip) {
				changes.add(change);
				bytes += 3 + change.address().length();
			}
		}
		return new InterestUpdate.Delta(from, changes);
	}

	/**
	 * Return all addresses with their version.
	 */
	synchronized Snapshot snapshot() {
		return new Snapshot(this.version, this.followed.keySet().stream().map(Address::value).toList());
	}

	/**
	 * Return how many subscriptions are not confirmed.
	 */
	synchronized int waiting() {
		return this.order.size();
	}

	/**
	 * Confirm subscriptions, in the order of their versions, as long as they are known to
	 * the peers. Called by one thread.
	 * @param known whether one is known
	 */
	void confirm(Predicate<Waiting> known) {
		List<Waiting> confirmed = new ArrayList<>();
		// Never the mark of an unconfirmed one
		long now = System.nanoTime() | 1;
		synchronized (this) {
			Iterator<Waiting> waiting = this.order.iterator();
			while (waiting.hasNext()) {
				Waiting next = waiting.next();
				if (!next.future.isDone() && !known.test(next)) {
					break;
				}
				waiting.remove();
				if (this.waiting.remove(next.address, next)) {
					this.followed.replace(next.address, now);
					confirmed.add(next);
				}
			}
		}
		confirmed.forEach((next) -> next.future.complete(null));
	}

	/**
	 * Forget everything, for good.
	 * @return the futures that are open
	 */
	synchronized List<CompletableFuture<@Nullable Void>> end() {
		this.ended = true;
		List<CompletableFuture<@Nullable Void>> open = new ArrayList<>();
		this.waiting.values().forEach((waiting) -> open.add(waiting.future));
		this.waiting.clear();
		this.order.clear();
		this.followed.clear();
		return open;
	}

	/**
	 * All addresses at a version.
	 *
	 * @param version the version
	 * @param addresses the addresses
	 */
	record Snapshot(long version, List<String> addresses) {
	}

	/**
	 * A subscription that is not confirmed.
	 */
	static final class Waiting {

		private final CompletableFuture<@Nullable Void> future = new CompletableFuture<>();

		private final Address address;

		private final long version;

		private final long since;

		private Waiting(Address address, long version, long since) {
			this.address = address;
			this.version = version;
			this.since = since;
		}

		long version() {
			return this.version;
		}

		long since() {
			return this.since;
		}

	}

}
