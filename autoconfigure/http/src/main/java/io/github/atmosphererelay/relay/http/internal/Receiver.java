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

import java.util.Collection;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.guard.internal.Threads;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.WireFormatException;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.RelayListener;

/**
 * Passes envelopes to the listener, on one thread: those of peers and those that this
 * node has published itself. Its queue holds at most one batch for each peer, whose
 * request waits for it, and this node's own envelopes up to a limit.
 */
final class Receiver {

	private final RelayListener listener;

	private final OwnInterest interest;

	private final EnvelopeCodec codec;

	private final int maxOwn;

	private final long maxOwnBytes;

	private final HttpRelayStatistics statistics;

	private final Guard guard;

	private final BlockingQueue<Runnable> queue = new LinkedBlockingQueue<>();

	private final AtomicInteger own = new AtomicInteger();

	private final AtomicLong ownBytes = new AtomicLong();

	private final Thread thread;

	private volatile boolean stopped;

	Receiver(RelayListener listener, OwnInterest interest, HttpRelaySettings settings, HttpRelayStatistics statistics) {
		this.listener = listener;
		this.interest = interest;
		this.codec = settings.codec();
		this.maxOwn = settings.maxPending();
		this.maxOwnBytes = settings.maxPendingBytes();
		this.statistics = statistics;
		this.guard = listener.guards().of(Part.RELAY_RECEIVER);
		this.thread = Threads.factory("http-receive").newThread(this::run);
	}

	void start() {
		this.thread.start();
	}

	/**
	 * End, after the present call of the listener. The listener is not called after this
	 * has returned, unless it takes more than a second.
	 */
	void stop() throws InterruptedException {
		this.stopped = true;
		this.queue.add(() -> {
		});
		if (Thread.currentThread() != this.thread) {
			this.thread.join(1000);
		}
	}

	private void run() {
		this.guard.loop(() -> !this.stopped, () -> this.queue.take().run());
	}

	OwnInterest interest() {
		return this.interest;
	}

	EnvelopeCodec codec() {
		return this.codec;
	}

	void add(Runnable work) {
		this.queue.add(work);
	}

	/**
	 * Return whether there is room for an envelope of this node's own.
	 * @param size its encoded size in bytes
	 */
	boolean hasRoom(int size) {
		return this.own.get() < this.maxOwn
				&& (this.ownBytes.get() == 0 || this.ownBytes.get() + size <= this.maxOwnBytes);
	}

	/**
	 * Deliver an envelope that this node has published.
	 * @param envelope the envelope
	 * @param size its encoded size in bytes
	 */
	void addOwn(Envelope envelope, int size) {
		this.own.incrementAndGet();
		this.ownBytes.addAndGet(size);
		this.queue.add(() -> {
			this.own.decrementAndGet();
			this.ownBytes.addAndGet(-size);
			deliver(envelope);
		});
	}

	/**
	 * Deliver what a peer has sent. Called on this receiver's thread; throws nothing.
	 * @return whether the listener was called, or need not be; not after the stop
	 */
	boolean deliver(Decoded decoded) {
		if (this.stopped) {
			return false;
		}
		WireFormatException.Reason fault = decoded.fault();
		if (fault != null) {
			this.guard.run(() -> this.listener.rejected(fault));
		}
		else if (decoded.envelope() != null) {
			deliver(decoded.envelope());
		}
		return true;
	}

	private void deliver(Envelope envelope) {
		if (this.stopped) {
			return;
		}
		if (this.interest.isFollowed(envelope.address())) {
			this.guard.run(() -> this.listener.received(envelope, null));
		}
		else {
			this.statistics.countUninteresting();
		}
	}

	/**
	 * Report that envelopes of a peer were missed, and may have been for any address.
	 * Called on this receiver's thread; throws nothing.
	 */
	void gap() {
		gap(this.interest.addresses());
	}

	/**
	 * Report that envelopes of a peer were missed, and may have been for some addresses.
	 * Called on this receiver's thread; throws nothing.
	 */
	void gap(Collection<Address> addresses) {
		addresses.forEach((address) -> {
			if (!this.stopped) {
				this.guard.run(() -> this.listener.gap(address));
			}
		});
	}

}
