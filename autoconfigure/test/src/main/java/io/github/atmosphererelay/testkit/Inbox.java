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

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.Position;
import org.jspecify.annotations.Nullable;

/**
 * The messages that a client has received, in order, and how many of them the test has
 * expected so far. For any thread.
 */
final class Inbox {

	/** The maximum number of messages that a client keeps. */
	static final int MAX_MESSAGES = 1_000_000;

	/** The maximum number of bytes of messages that a client keeps. */
	static final long MAX_BYTES = 64 * 1024 * 1024;

	private final ReentrantLock lock = new ReentrantLock();

	private final Condition changed = this.lock.newCondition();

	private final List<Payload> messages = new ArrayList<>();

	private final Set<String> fences = new HashSet<>();

	private long bytes;

	private int expected;

	private RelayClient.@Nullable Closed closed;

	private @Nullable Ready ready;

	private boolean recovered;

	private @Nullable Position position;

	/**
	 * Keep a message.
	 * @return whether there was room for it
	 */
	boolean add(Payload message, @Nullable Position position) {
		return change(() -> {
			if (this.messages.size() >= MAX_MESSAGES || this.bytes + message.size() > MAX_BYTES) {
				return false;
			}
			this.messages.add(message);
			this.bytes += message.size();
			moved(position);
			return true;
		});
	}

	void fence(String id, @Nullable Position position) {
		change(() -> {
			moved(position);
			return this.fences.add(id);
		});
	}

	void subscribed(boolean recovered, @Nullable Position position) {
		change(() -> {
			this.recovered = recovered;
			moved(position);
			return true;
		});
	}

	private void moved(@Nullable Position position) {
		if (position != null) {
			this.position = position;
		}
	}

	void ready(Ready ready) {
		change(() -> {
			this.ready = ready;
			return true;
		});
	}

	/**
	 * Note that the connection has ended. Only the first call counts.
	 */
	void end(RelayClient.Closed closed) {
		change(() -> {
			if (this.closed == null) {
				this.closed = closed;
			}
			return true;
		});
	}

	private boolean change(BooleanSupplier change) {
		this.lock.lock();
		try {
			this.changed.signalAll();
			return change.getAsBoolean();
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Wait for the next message, and count it as expected.
	 * @return the message, or {@code null} if none came in time or the connection has
	 * ended
	 */
	@Nullable Payload next(Deadline deadline) {
		this.lock.lock();
		try {
			boolean there = await(deadline, () -> this.expected < this.messages.size());
			return there ? this.messages.get(this.expected++) : null;
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Wait until fences have been received.
	 * @return whether all were received before the deadline
	 */
	boolean awaitFences(Deadline deadline, Set<String> ids) {
		return await(deadline, () -> this.fences.containsAll(ids));
	}

	/**
	 * Wait until the subscription is confirmed.
	 * @return the confirmation, or {@code null} if none came
	 */
	@Nullable Ready awaitReady(Deadline deadline) {
		await(deadline, () -> this.ready != null);
		return ready();
	}

	/**
	 * Wait until the connection has ended.
	 * @return how it has ended, or {@code null} if it has not
	 */
	RelayClient.@Nullable Closed awaitClosed(Deadline deadline) {
		await(deadline, () -> this.closed != null);
		return closed();
	}

	private boolean await(Deadline deadline, BooleanSupplier condition) {
		this.lock.lock();
		try {
			while (!condition.getAsBoolean()) {
				if (this.closed != null || deadline.remaining() <= 0) {
					return false;
				}
				this.changed.await(deadline.remaining(), TimeUnit.NANOSECONDS);
			}
			return true;
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException("Interrupted while waiting", ex);
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Return how many messages the test has expected so far.
	 */
	int expected() {
		this.lock.lock();
		try {
			return this.expected;
		}
		finally {
			this.lock.unlock();
		}
	}

	List<Payload> messages() {
		this.lock.lock();
		try {
			return List.copyOf(this.messages);
		}
		finally {
			this.lock.unlock();
		}
	}

	RelayClient.@Nullable Closed closed() {
		this.lock.lock();
		try {
			return this.closed;
		}
		finally {
			this.lock.unlock();
		}
	}

	@Nullable Ready ready() {
		this.lock.lock();
		try {
			return this.ready;
		}
		finally {
			this.lock.unlock();
		}
	}

	boolean isRecovered() {
		this.lock.lock();
		try {
			return this.recovered;
		}
		finally {
			this.lock.unlock();
		}
	}

	@Nullable Position position() {
		this.lock.lock();
		try {
			return this.position;
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * The confirmation of the subscription.
	 *
	 * @param session the session's id
	 * @param degraded whether the broker has not confirmed it
	 */
	record Ready(String session, boolean degraded) {
	}

}
