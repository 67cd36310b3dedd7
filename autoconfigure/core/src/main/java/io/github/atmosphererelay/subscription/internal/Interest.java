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

package io.github.atmosphererelay.subscription.internal;

import java.time.Duration;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

import io.github.atmosphererelay.guard.internal.Awaited;
import io.github.atmosphererelay.guard.internal.OrderedCalls;
import io.github.atmosphererelay.guard.internal.StripedLock;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.session.SubscriptionState;
import org.jspecify.annotations.Nullable;

/**
 * The addresses to which this node is subscribed, at the relay or at a channel's source,
 * with a reference count for each. The node subscribes when the count becomes 1. When it
 * becomes 0, the node unsubscribes after a short delay, so that a client that reconnects
 * finds the subscription still in place. For use by any thread.
 */
public final class Interest {

	private final AddressFollower relay;

	private final Duration linger;

	private final BiConsumer<Address, CompletableFuture<@Nullable Void>> enteredListener;

	private final Consumer<Address> leftListener;

	private final Map<Address, Entry> entries = new ConcurrentHashMap<>();

	/** Entries whose count is 0, in the order in which they are due. */
	private final Queue<Entry> lingering = new ConcurrentLinkedQueue<>();

	private final StripedLock locks = new StripedLock();

	/**
	 * The calls of the relay for each address, in order. They are added under the
	 * address's lock, and made without it: the relay may hold a lock of its own while it
	 * delivers, and a delivery may release an address.
	 */
	private final OrderedCalls calls = new OrderedCalls();

	/** What the relay has thrown at an unsubscription; the sweep throws it again. */
	private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

	public Interest(AddressFollower relay, Duration linger,
			BiConsumer<Address, CompletableFuture<@Nullable Void>> enteredListener, Consumer<Address> leftListener) {
		this.relay = relay;
		this.enteredListener = enteredListener;
		this.linger = linger;
		this.leftListener = leftListener;
	}

	/**
	 * Increment the count of an address, and subscribe to it if it is not followed.
	 * @param address the address
	 */
	public void acquire(Address address) {
		Following begun;
		try {
			begun = this.locks.call(address, () -> {
				Entry entry = this.entries.computeIfAbsent(address, Entry::new);
				entry.count++;
				return (entry.followed == null) ? follow(entry) : null;
			});
		}
		finally {
			this.calls.make();
		}
		if (begun != null) {
			begun.caller = null;
			throwIfFailed(begun.failure);
		}
	}

	private Following follow(Entry entry) {
		Following following = new Following(entry);
		entry.follow(following.answer);
		this.calls.add(following);
		try {
			this.enteredListener.accept(entry.address, following.answer);
		}
		catch (RuntimeException | Error ex) {
			// After an exception the caller will not release the address
			entry.count--;
			leave(entry);
			throw ex;
		}
		return following;
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
	 * Return a future of the relay's confirmation for an address that was acquired.
	 * @param address the address
	 * @param timeout how long to wait for the relay
	 * @return completes with {@code CONFIRMED} when the relay has confirmed, or with
	 * {@code DEGRADED} after the timeout
	 */
	public CompletableFuture<SubscriptionState> ready(Address address, Duration timeout) {
		Entry entry = this.entries.get(address);
		return (entry != null) ? entry.ready(timeout) : CompletableFuture.completedFuture(SubscriptionState.DEGRADED);
	}

	/**
	 * Decrement the count of an address. At 0 it is left after the delay.
	 * @param address the address
	 */
	public void release(Address address) {
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
		// A copy of the due time, which may move while the entry is queued. An entry that
		// is acquired and released all the time would otherwise delay all entries behind
		// it.
		entry.lookAt = entry.dueAt;
		entry.queued = true;
		this.lingering.add(entry);
	}

	/**
	 * Return whether the node follows an address, or has asked the relay to.
	 * @param address the address
	 * @return whether it has an entry
	 */
	public boolean follows(Address address) {
		return this.entries.containsKey(address);
	}

	public int size() {
		return this.entries.size();
	}

	/**
	 * Unsubscribe from the addresses whose count has been 0 for the delay. Called by the
	 * one scheduler.
	 */
	public void sweep() {
		long now = System.nanoTime();
		Entry first;
		while ((first = this.lingering.peek()) != null && now - first.lookAt >= 0) {
			this.lingering.poll();
			leaveIfDue(first, now);
		}
	}

	private void leaveIfDue(Entry entry, long now) {
		try {
			leaveIfDueLocked(entry, now);
		}
		finally {
			this.calls.make();
		}
		throwIfFailed(this.failure.getAndSet(null));
	}

	private void leaveIfDueLocked(Entry entry, long now) {
		this.locks.run(entry.address, () -> {
			entry.queued = false;
			if (entry.count > 0) {
				return;
			}
			if (now - entry.dueAt < 0) {
				// It was acquired and released again meanwhile
				enqueue(entry);
				return;
			}
			leave(entry);
		});
	}

	private void leave(Entry entry) {
		if (this.entries.remove(entry.address, entry)) {
			this.calls.add(() -> unsubscribe(entry.address));
			this.leftListener.accept(entry.address);
		}
	}

	private void unsubscribe(Address address) {
		try {
			this.relay.unsubscribe(address);
		}
		catch (RuntimeException | Error ex) {
			// The caller may be a thread that subscribes to another address, and must not
			// get this exception
			this.failure.set(ex);
		}
	}

	private static void throwIfFailed(@Nullable Throwable failure) {
		if (failure instanceof RuntimeException runtime) {
			throw runtime;
		}
		if (failure instanceof Error error) {
			throw error;
		}
	}

	/**
	 * Forget everything, because the relay has been stopped.
	 */
	public void clear() {
		this.entries.clear();
		this.lingering.clear();
	}

	/**
	 * Subscribes to an address at the relay, and passes on the relay's answer.
	 */
	private final class Following implements Runnable {

		private final Entry entry;

		/**
		 * The thread that has acquired the address, as long as an exception of the relay
		 * can be thrown to it.
		 */
		private volatile @Nullable Thread caller = Thread.currentThread();

		private final CompletableFuture<@Nullable Void> answer = new CompletableFuture<>();

		/**
		 * What the relay has thrown, although it should not; used by the caller's thread
		 * only.
		 */
		private @Nullable Throwable failure;

		private Following(Entry entry) {
			this.entry = entry;
		}

		@Override
		public void run() {
			try {
				Interest.this.relay.subscribe(this.entry.address)
					.whenComplete((nothing, ex) -> complete(this.answer, ex));
			}
			catch (RuntimeException | Error ex) {
				Interest.this.locks.run(this.entry.address, () -> failed(ex));
				this.answer.completeExceptionally(ex);
			}
		}

		/**
		 * Note that the relay has thrown an exception. The next caller subscribes again.
		 * If this caller gets the exception, it will not release the address, and so is
		 * not counted.
		 */
		private void failed(Throwable failure) {
			this.entry.followed = null;
			if (this.caller == Thread.currentThread()) {
				this.failure = failure;
				this.entry.count--;
			}
			if (this.entry.count == 0) {
				leave(this.entry);
			}
		}

	}

	/**
	 * The count of one address. Changed under the address's lock.
	 */
	private static final class Entry {

		private final Address address;

		private volatile int count;

		private volatile long dueAt;

		/** When to look at a lingering entry; does not change while it is queued. */
		private volatile long lookAt;

		private boolean queued;

		private volatile @Nullable Awaited<SubscriptionState> followed;

		private Entry(Address address) {
			this.address = address;
		}

		private void follow(CompletableFuture<@Nullable Void> answer) {
			Awaited<SubscriptionState> followed = new Awaited<>();
			this.followed = followed;
			answer.whenComplete((nothing, ex) -> followed
				.complete((ex != null) ? SubscriptionState.DEGRADED : SubscriptionState.CONFIRMED));
		}

		private CompletableFuture<SubscriptionState> ready(Duration timeout) {
			Awaited<SubscriptionState> followed = this.followed;
			return (followed != null) ? followed.within(timeout, SubscriptionState.DEGRADED)
					: CompletableFuture.completedFuture(SubscriptionState.DEGRADED);
		}

	}

}
