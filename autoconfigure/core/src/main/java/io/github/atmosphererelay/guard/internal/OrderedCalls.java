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
 * Makes calls to a relay without holding a lock, in the order in which they were added
 * under a lock. The lock must not be held during a call, because a relay may deliver
 * within the call, to another node in the same process that answers at once. Two nodes
 * that called under their locks would then wait for each other's lock.
 * <p>
 * For any thread. One thread at a time makes the calls. Another thread that comes
 * meanwhile leaves its calls to that thread and does not wait. A call that is added
 * within another call is made after it, so calls do not nest on the stack.
 */
public final class OrderedCalls {

	private final Queue<Runnable> waiting = new ConcurrentLinkedQueue<>();

	/**
	 * The number of threads that have requested calls since the calling thread last
	 * checked.
	 */
	private final AtomicInteger asked = new AtomicInteger();

	/**
	 * Add the next call. Called under the lock that determines the order. The caller must
	 * call {@link #make()} after it has released the lock.
	 * @param call the call; does not block
	 */
	public void add(Runnable call) {
		this.waiting.add(call);
	}

	/**
	 * Make the calls that were added, unless another thread is making them. A call that
	 * throws does not prevent the others; the first exception is thrown after all calls
	 * were made.
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
