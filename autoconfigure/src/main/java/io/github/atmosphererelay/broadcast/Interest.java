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

package io.github.atmosphererelay.broadcast;

import java.time.Duration;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;

import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.relay.ClusterRelay;
import org.jspecify.annotations.Nullable;

/**
 * What this node follows on the relay, counted by those who are interested. An address is
 * followed when the first comes, and left a little after the last has gone, so that a
 * client that reconnects finds the subscription in place.
 */
final class Interest {

	private final ClusterRelay relay;

	private final Duration linger;

	private final Consumer<Address> leftListener;

	private final Map<Address, Entry> entries = new ConcurrentHashMap<>();

	/** Entries that nobody is interested in, in the order in which they fall due. */
	private final Queue<Entry> lingering = new ConcurrentLinkedQueue<>();

	private final StripedLock locks = new StripedLock();

	Interest(ClusterRelay relay, Duration linger, Consumer<Address> leftListener) {
		this.relay = relay;
		this.linger = linger;
		this.leftListener = leftListener;
	}

	/**
	 * Count one more who is interested.
	 * @return completes when the relay follows the address
	 */
	CompletableFuture<@Nullable Position> acquire(Address address) {
		// The relay is called under the address's lock, so that it hears "follow" and
		// "leave" in their order; its contract says that it does not wait.
		return this.locks.call(address, () -> {
			Entry entry = this.entries.computeIfAbsent(address, Entry::new);
			entry.count++;
			CompletableFuture<@Nullable Position> followed = entry.followed;
			if (followed == null) {
				followed = this.relay.subscribe(address);
				entry.followed = followed;
			}
			return followed;
		});
	}

	/**
	 * Count one less who is interested.
	 */
	void release(Address address) {
		this.locks.run(address, () -> {
			Entry entry = this.entries.get(address);
			if (entry != null && --entry.count == 0) {
				entry.dueAt = System.nanoTime() + this.linger.toNanos();
				if (!entry.queued) {
					entry.queued = true;
					this.lingering.add(entry);
				}
			}
		});
	}

	/**
	 * Return whether the node follows an address or is about to.
	 */
	boolean follows(Address address) {
		return this.entries.containsKey(address);
	}

	int size() {
		return this.entries.size();
	}

	/**
	 * Leave the addresses that nobody has been interested in for long enough. Called by
	 * the one scheduler.
	 */
	void sweep() {
		long now = System.nanoTime();
		Entry first;
		while ((first = this.lingering.peek()) != null && (first.count > 0 || now - first.dueAt >= 0)) {
			this.lingering.poll();
			leaveIfDue(first, now);
		}
	}

	private void leaveIfDue(Entry entry, long now) {
		this.locks.run(entry.address, () -> {
			entry.queued = false;
			if (entry.count > 0) {
				return;
			}
			if (now - entry.dueAt < 0) {
				// Somebody has come and gone meanwhile.
				entry.queued = true;
				this.lingering.add(entry);
				return;
			}
			this.entries.remove(entry.address, entry);
			this.relay.unsubscribe(entry.address);
			this.leftListener.accept(entry.address);
		});
	}

	/**
	 * Forget everything, because the relay has been stopped.
	 */
	void clear() {
		this.entries.clear();
		this.lingering.clear();
	}

	/**
	 * The interest in one address. Changed under the address's lock.
	 */
	private static final class Entry {

		private final Address address;

		private volatile int count;

		private volatile long dueAt;

		private boolean queued;

		private @Nullable CompletableFuture<@Nullable Position> followed;

		private Entry(Address address) {
			this.address = address;
		}

	}

}
