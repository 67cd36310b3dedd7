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

package io.github.atmosphererelay.stomp.internal;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;

import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.guard.internal.Threads;
import org.jspecify.annotations.Nullable;

/**
 * Runs the deliveries of messages of other nodes: one after another within a bucket, and
 * side by side in different buckets. A delivery may block; it holds up its own bucket
 * only. What waits is bounded in bytes for each bucket.
 */
final class Lanes {

	/** What a waiting message takes besides its bytes, rounded up. */
	private static final int OVERHEAD = 512;

	private final Guard guard;

	private final int number;

	private final long maxBytes;

	/** New with each start, so that a delivery that outlives a stop disturbs nothing. */
	private volatile Lane @Nullable [] lanes;

	private @Nullable ThreadPoolExecutor executor;

	/**
	 * Create lanes; {@link #start} starts them.
	 * @param guard keeps a lane running when a delivery fails
	 * @param number the number of lanes
	 * @param maxBytes how much may wait in one lane
	 */
	Lanes(Guard guard, int number, long maxBytes) {
		this.guard = guard;
		this.number = number;
		this.maxBytes = maxBytes;
	}

	synchronized void start() {
		if (this.lanes != null) {
			return;
		}
		// Each lane has at most one task at a time, so none waits for a thread
		ThreadPoolExecutor executor = Threads.pool("stomp", this.number, new LinkedBlockingQueue<>());
		Lane[] lanes = new Lane[this.number];
		for (int i = 0; i < lanes.length; i++) {
			lanes[i] = new Lane(executor);
		}
		this.executor = executor;
		this.lanes = lanes;
	}

	/**
	 * Stop. What waits is not delivered.
	 */
	synchronized void stop() {
		Lane[] lanes = this.lanes;
		this.lanes = null;
		if (lanes != null) {
			for (Lane lane : lanes) {
				lane.end();
			}
		}
		if (this.executor != null) {
			this.executor.shutdownNow();
			this.executor = null;
		}
	}

	/**
	 * Add a delivery.
	 * @param lane the number of the lane
	 * @param bytes the size of the message
	 * @param delivery delivers it
	 * @return {@code false} if too much waits in the lane, or the lanes are stopped
	 */
	boolean add(int lane, int bytes, Runnable delivery) {
		Lane[] lanes = this.lanes;
		return lanes != null && lanes[lane % lanes.length].add(bytes + OVERHEAD, delivery);
	}

	/**
	 * Return how many bytes wait in all lanes.
	 */
	long waitingBytes() {
		Lane[] lanes = this.lanes;
		long bytes = 0;
		if (lanes != null) {
			for (Lane lane : lanes) {
				bytes += lane.bytes();
			}
		}
		return bytes;
	}

	/**
	 * The deliveries of one bucket.
	 */
	private final class Lane {

		private final Executor executor;

		private final Queue<Delivery> waiting = new ArrayDeque<>();

		private long bytes;

		private boolean running;

		private boolean ended;

		Lane(Executor executor) {
			this.executor = executor;
		}

		private synchronized long bytes() {
			return this.bytes;
		}

		private synchronized void end() {
			this.ended = true;
			this.waiting.clear();
		}

		private synchronized boolean add(int bytes, Runnable task) {
			if (this.ended || (this.bytes > 0 && this.bytes + bytes > Lanes.this.maxBytes)) {
				return false;
			}
			if (!this.running) {
				this.executor.execute(this::run);
				this.running = true;
			}
			this.waiting.add(new Delivery(bytes, task));
			this.bytes += bytes;
			return true;
		}

		private void run() {
			Delivery next;
			while ((next = next()) != null) {
				Lanes.this.guard.run(next.task());
				taken(next);
			}
		}

		private synchronized @Nullable Delivery next() {
			Delivery next = this.waiting.poll();
			this.running = (next != null);
			return next;
		}

		private synchronized void taken(Delivery delivery) {
			this.bytes -= delivery.bytes();
		}

	}

	/**
	 * A delivery that waits.
	 */
	private record Delivery(int bytes, Runnable task) {
	}

}
