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

package io.github.atmosphererelay.session.internal;

/**
 * The bytes that are reserved for one reply in the node's {@link ReplayBudget}. The
 * reservation is held by the code that has made it, and by each message that is created
 * from the reply. The bytes are returned when the last of them releases it. Safe for use
 * by many threads.
 */
public final class Reservation {

	private final ReplayBudget budget;

	private final LocalSession session;

	private long bytes;

	private int holders = 1;

	Reservation(ReplayBudget budget, LocalSession session) {
		this.budget = budget;
		this.session = session;
	}

	/**
	 * Reserve more.
	 * @param more the number of further bytes
	 * @return whether there was room
	 */
	public synchronized boolean grow(long more) {
		if (this.holders == 0 || !this.budget.take(this.session, this.bytes, more)) {
			return false;
		}
		this.bytes += more;
		return true;
	}

	/**
	 * Hold the reservation for a message.
	 * @return call this once, when the message has been written or dropped
	 */
	public synchronized Runnable hold() {
		if (this.holders == 0) {
			throw new IllegalStateException("The reservation is released");
		}
		this.holders++;
		return this::release;
	}

	/**
	 * Release the reservation. Called once by the code that has made it.
	 */
	public void release() {
		long bytes;
		synchronized (this) {
			if (--this.holders != 0) {
				return;
			}
			bytes = this.bytes;
			this.bytes = 0;
		}
		this.budget.giveBack(this.session, bytes);
	}

}
