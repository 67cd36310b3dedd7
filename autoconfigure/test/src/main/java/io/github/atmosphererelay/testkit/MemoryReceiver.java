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

package io.github.atmosphererelay.testkit;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.guard.internal.Threads;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.WireFormatException;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.RelayListener;
import org.jspecify.annotations.Nullable;

/**
 * Passes the envelopes and events of a {@link MemoryBroker} to a node, in order and on a
 * thread of its own. If it used the publisher's thread, two nodes that publish to each
 * other could wait for each other for ever.
 */
final class MemoryReceiver {

	private static final ThreadFactory THREADS = Threads.factory("memory-receiver");

	private static final Duration STOP_TIMEOUT = Duration.ofSeconds(5);

	private final RelayListener listener;

	private final EnvelopeCodec codec;

	private final Guard guard;

	private final AtomicInteger waiting = new AtomicInteger();

	private final AtomicLong waitingBytes = new AtomicLong();

	private final ExecutorService executor = Executors.newSingleThreadExecutor(this::newThread);

	private volatile @Nullable Thread thread;

	private volatile boolean stopped;

	MemoryReceiver(RelayListener listener, EnvelopeCodec codec) {
		this.listener = listener;
		this.codec = codec;
		this.guard = listener.guards().of(Part.RELAY_RECEIVER);
	}

	private Thread newThread(Runnable task) {
		Thread thread = THREADS.newThread(task);
		this.thread = thread;
		return thread;
	}

	boolean hasRoom(int size) {
		return this.waiting.get() < MemoryBroker.MAX_WAITING
				&& this.waitingBytes.get() + size <= MemoryBroker.MAX_WAITING_BYTES;
	}

	void deliver(byte[] bytes, @Nullable Position position) {
		this.waiting.incrementAndGet();
		this.waitingBytes.addAndGet(bytes.length);
		execute(() -> {
			this.waiting.decrementAndGet();
			this.waitingBytes.addAndGet(-bytes.length);
			receive(bytes, position);
		});
	}

	private void receive(byte[] bytes, @Nullable Position position) {
		Envelope envelope;
		try {
			envelope = this.codec.decode(bytes);
		}
		catch (WireFormatException ex) {
			this.listener.rejected(ex.getReason());
			return;
		}
		this.listener.received(envelope, position);
	}

	void gap(Address address) {
		execute(() -> this.listener.gap(address));
	}

	void connectionChanged(boolean connected) {
		execute(() -> this.listener.connectionChanged(connected));
	}

	/**
	 * Complete the future of a subscription, even if this receiver is stopped meanwhile,
	 * because nothing else completes it.
	 */
	void confirm(CompletableFuture<@Nullable Void> subscription) {
		this.executor.execute(() -> subscription.complete(null));
	}

	void keyForgotten() {
		this.listener.keyForgotten();
	}

	/**
	 * Never called after {@link #stop()}: the relay drops its reference to this receiver
	 * first.
	 */
	private void execute(Runnable step) {
		this.executor.execute(() -> {
			if (!this.stopped) {
				this.guard.run(step);
			}
		});
	}

	/**
	 * Stop calling the listener. Waits until a running call has returned, for a few
	 * seconds at most.
	 */
	void stop() {
		this.stopped = true;
		this.executor.shutdown();
		if (Thread.currentThread() == this.thread) {
			return;
		}
		try {
			this.executor.awaitTermination(STOP_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

}
