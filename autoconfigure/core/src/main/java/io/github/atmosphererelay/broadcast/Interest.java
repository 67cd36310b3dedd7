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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Supplier;

import io.github.atmosphererelay.message.Address;
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

	private final BiConsumer<Address, CompletableFuture<@Nullable Void>> enteredListener;

	private final Consumer<Address> leftListener;

	private final Map<Address, Entry> entries = new ConcurrentHashMap<>();

	/** Entries that nobody is interested in, in the order in which they fall due. */
	private final Queue<Entry> lingering = new ConcurrentLinkedQueue<>();

	private final StripedLock locks = new StripedLock();

	/**
	 * Set while this thread leaves an address under its lock: what the relay cancels then
	 * completes after the lock was released, since others follow that want locks, too.
	 */
	private final ThreadLocal<@Nullable List<Runnable>> afterwards = new ThreadLocal<>();

	Interest(ClusterRelay relay, Duration linger,
			BiConsumer<Address, CompletableFuture<@Nullable Void>> enteredListener, Consumer<Address> leftListener) {
		this.relay = relay;
		this.enteredListener = enteredListener;
		this.linger = linger;
		this.leftListener = leftListener;
	}

	/**
	 * Count one more who is interested.
	 */
	void acquire(Address address) {
		// The relay is called under the address's lock, so that it hears "follow" and
		// "leave" in their order; its contract says that it does not wait. What follows
		// when it is followed comes without the lock, also if that is at once.
		CompletableFuture<@Nullable Void> answer = new CompletableFuture<>();
		CompletableFuture<@Nullable Void> asked = this.locks.call(address, () -> {
			Entry entry = this.entries.computeIfAbsent(address, Entry::new);
			if (entry.followed != null) {
				entry.count++;
				return answer;
			}
			try {
				CompletableFuture<@Nullable Void> followed = this.relay.subscribe(address);
				entry.follow(answer);
				this.enteredListener.accept(address, answer);
				entry.count++;
				return followed;
			}
			catch (RuntimeException | Error ex) {
				// Nobody would release what was not acquired.
				leave(entry);
				throw ex;
			}
		});
		if (asked != answer) {
			asked.whenComplete((nothing, ex) -> {
				List<Runnable> afterwards = this.afterwards.get();
				if (afterwards != null) {
					afterwards.add(() -> complete(answer, ex));
				}
				else {
					complete(answer, ex);
				}
			});
		}
	}

	private static void complete(CompletableFuture<@Nullable Void> answer, @Nullable Throwable failure) {
		if (failure != null) {
			answer.completeExceptionally(failure);
		}
		else {
			answer.complete(null);
		}
	}

	/**
	 * Tell when the relay follows an address that somebody is interested in.
	 * @param address the address
	 * @param timeout how long to wait for the relay
	 * @return completes when the relay has confirmed, or after the timeout without
	 */
	CompletableFuture<SubscriptionState> ready(Address address, Duration timeout) {
		Entry entry = this.entries.get(address);
		return (entry != null) ? entry.ready(timeout) : CompletableFuture.completedFuture(SubscriptionState.DEGRADED);
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
					enqueue(entry);
				}
			}
		});
	}

	private void enqueue(Entry entry) {
		// Not the time at which it is due: that moves, and one who comes and goes all
		// the time would hold up everybody behind.
		entry.lookAt = entry.dueAt;
		entry.queued = true;
		this.lingering.add(entry);
	}

	/**
	 * Do something while the node follows an address, if it does: it is not left
	 * meanwhile.
	 * @param address the address
	 * @param action what to do; must not block
	 * @return what the action returns, or {@code null} if the address is not followed
	 */
	<T> @Nullable T whileFollowed(Address address, Supplier<T> action) {
		return this.locks.call(address, () -> this.entries.containsKey(address) ? action.get() : null);
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
		while ((first = this.lingering.peek()) != null && now - first.lookAt >= 0) {
			this.lingering.poll();
			leaveIfDue(first, now);
		}
	}

	private void leaveIfDue(Entry entry, long now) {
		List<Runnable> afterwards = new ArrayList<>(0);
		this.afterwards.set(afterwards);
		try {
			leaveIfDueLocked(entry, now);
		}
		finally {
			this.afterwards.remove();
			afterwards.forEach(Runnable::run);
		}
	}

	private void leaveIfDueLocked(Entry entry, long now) {
		this.locks.run(entry.address, () -> {
			entry.queued = false;
			if (entry.count > 0) {
				return;
			}
			if (now - entry.dueAt < 0) {
				// Somebody has come and gone meanwhile.
				enqueue(entry);
				return;
			}
			leave(entry);
		});
	}

	private void leave(Entry entry) {
		this.entries.remove(entry.address, entry);
		try {
			this.relay.unsubscribe(entry.address);
		}
		finally {
			this.leftListener.accept(entry.address);
		}
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

		/** When to look at a lingering entry; does not change while it is queued. */
		private volatile long lookAt;

		private boolean queued;

		private volatile @Nullable CompletableFuture<@Nullable Void> followed;

		/**
		 * Those who wait for the relay. Not as dependents of the relay's future, which
		 * stays open while the broker is away and would collect all who have given up.
		 */
		private final Set<CompletableFuture<SubscriptionState>> waiting = ConcurrentHashMap.newKeySet(1);

		private Entry(Address address) {
			this.address = address;
		}

		private void follow(CompletableFuture<@Nullable Void> followed) {
			this.followed = followed;
			followed.whenComplete((nothing, ex) -> this.waiting.forEach((each) -> each.complete(state(followed))));
		}

		private CompletableFuture<SubscriptionState> ready(Duration timeout) {
			CompletableFuture<@Nullable Void> followed = this.followed;
			if (followed == null) {
				return CompletableFuture.completedFuture(SubscriptionState.DEGRADED);
			}
			if (followed.isDone()) {
				return CompletableFuture.completedFuture(state(followed));
			}
			CompletableFuture<SubscriptionState> waiter = new CompletableFuture<>();
			this.waiting.add(waiter);
			waiter.whenComplete((state, ex) -> this.waiting.remove(waiter));
			if (followed.isDone()) {
				waiter.complete(state(followed));
			}
			return waiter.completeOnTimeout(SubscriptionState.DEGRADED, timeout.toMillis(), TimeUnit.MILLISECONDS);
		}

		private static SubscriptionState state(CompletableFuture<@Nullable Void> followed) {
			return followed.isCompletedExceptionally() ? SubscriptionState.DEGRADED : SubscriptionState.CONFIRMED;
		}

	}

}
