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

package io.github.atmosphererelay.guard.internal;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

import org.jspecify.annotations.Nullable;

/**
 * Calls to a relay, in the order in which they were decided on under a lock, but made
 * without it. A relay may deliver within a call: to another node of the same process,
 * which may answer at once. Two nodes that called under their locks would then wait for
 * each other's.
 * <p>
 * For any thread. One thread at a time makes the calls; whoever comes meanwhile leaves
 * its own to that one, and does not wait. So a call that is made within another one comes
 * after it, and calls do not pile up on the stack.
 */
public final class OrderedCalls {

	private final Queue<Runnable> waiting = new ConcurrentLinkedQueue<>();

	/**
	 * How many have asked for the calls to be made since the one who makes them began.
	 */
	private final AtomicInteger asked = new AtomicInteger();

	/**
	 * Put down a call as the next one. Done under the lock that decides about the order;
	 * whoever does it calls {@link #make()} after the lock was released.
	 * @param call makes the call; does not block
	 */
	public void add(Runnable call) {
		this.waiting.add(call);
	}

	/**
	 * Make the calls that were put down, unless somebody is about it. A call that throws
	 * keeps no other from being made; the first failure is thrown when all were made.
	 */
	public void make() {
		if (this.asked.getAndIncrement() != 0) {
			return;
		}
		Throwable failure = null;
		int asked = 1;
		do {
			failure = makeWaiting(failure);
			asked = this.asked.addAndGet(-asked);
		}
		while (asked != 0);
		if (failure instanceof Error error) {
			throw error;
		}
		if (failure != null) {
			throw (RuntimeException) failure;
		}
	}

	private @Nullable Throwable makeWaiting(@Nullable Throwable earlier) {
		Throwable failure = earlier;
		for (Runnable next = this.waiting.poll(); next != null; next = this.waiting.poll()) {
			try {
				next.run();
			}
			catch (RuntimeException | Error ex) {
				failure = (failure != null) ? failure : ex;
			}
		}
		return failure;
	}

}
