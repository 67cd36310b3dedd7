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

package io.github.atmosphererelay.gateway.internal;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/**
 * The bytes that all messages together may hold until they have been forwarded. When none
 * are left, no WebSocket is read until some have been given back; nothing is dropped.
 * Safe for use by many threads; does not block.
 */
public final class ByteBudget {

	private final long limit;

	private final AtomicLong held = new AtomicLong();

	private final LongAdder pauses = new LongAdder();

	/** The reads that wait, in order. */
	private final Queue<Runnable> waiting = new ConcurrentLinkedQueue<>();

	/**
	 * Create a budget.
	 * @param limit the number of bytes
	 */
	public ByteBudget(long limit) {
		this.limit = limit;
	}

	/**
	 * Return how many bytes messages hold. May be more than the limit by what was read
	 * before the limit was reached.
	 * @return the number
	 */
	public long held() {
		return this.held.get();
	}

	/**
	 * Return how often a side of a WebSocket was not read because no bytes were left.
	 * @return the number since the start
	 */
	public long pauses() {
		return this.pauses.sum();
	}

	boolean isExhausted() {
		return this.held.get() >= this.limit;
	}

	void take(int bytes) {
		this.held.addAndGet(bytes);
	}

	void give(int bytes) {
		this.held.addAndGet(-bytes);
		resume();
	}

	/**
	 * Have a read wait for bytes.
	 * @param read called when there are some, on any thread
	 */
	void await(Runnable read) {
		this.pauses.increment();
		this.waiting.add(read);
		// Bytes may have been given back before it was there
		resume();
	}

	private void resume() {
		while (!isExhausted()) {
			Runnable read = this.waiting.poll();
			if (read == null) {
				return;
			}
			read.run();
		}
	}

}
