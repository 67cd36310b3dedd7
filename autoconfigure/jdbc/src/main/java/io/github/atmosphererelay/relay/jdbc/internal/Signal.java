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

package io.github.atmosphererelay.relay.jdbc.internal;

import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A flag for which one thread waits and which any thread may raise. Raised several times
 * before the thread looks, it counts once.
 */
final class Signal {

	private final ReentrantLock lock = new ReentrantLock();

	private final Condition raised = this.lock.newCondition();

	private boolean flag;

	void raise() {
		this.lock.lock();
		try {
			this.flag = true;
			this.raised.signalAll();
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Wait until the flag is raised, and lower it.
	 * @param nanos how long to wait, in nanoseconds
	 * @return whether it was raised
	 * @throws InterruptedException if the thread is interrupted
	 */
	boolean await(long nanos) throws InterruptedException {
		this.lock.lock();
		try {
			long remaining = nanos;
			while (!this.flag && remaining > 0) {
				remaining = this.raised.awaitNanos(remaining);
			}
			boolean was = this.flag;
			this.flag = false;
			return was;
		}
		finally {
			this.lock.unlock();
		}
	}

}
