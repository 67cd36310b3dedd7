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

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

import io.github.atmosphererelay.session.CloseReason;
import org.jspecify.annotations.Nullable;

/**
 * A socket that keeps what it is told, and that blocks or fails when told so.
 */
public final class FakeTransport implements SessionTransport {

	private final ReentrantLock lock = new ReentrantLock();

	private final Condition changed = this.lock.newCondition();

	private final List<String> events = new ArrayList<>();

	private final AtomicInteger messages = new AtomicInteger();

	private final AtomicInteger pings = new AtomicInteger();

	private final AtomicBoolean within = new AtomicBoolean();

	private final AtomicBoolean overlapped = new AtomicBoolean();

	private volatile boolean blocked;

	private boolean full;

	private Runnable whenFlushed = () -> {
	};

	private volatile boolean waiting;

	private volatile boolean limitsWait;

	private volatile boolean ignoresAbort;

	private volatile boolean keeps = true;

	private int failAfter = -1;

	private @Nullable Throwable writeFailure;

	private @Nullable Throwable flushFailure;

	private volatile @Nullable CloseReason closed;

	private volatile @Nullable CloseReason aborted;

	private volatile Runnable onFlush = () -> {
	};

	/**
	 * Have the next write wait until {@link #release()}, or until the socket is closed.
	 */
	public FakeTransport block() {
		this.blocked = true;
		return this;
	}

	/**
	 * Have the socket keep what it is given until {@link #drain()}, without blocking.
	 */
	public FakeTransport fill() {
		this.lock.lock();
		try {
			this.full = true;
			return this;
		}
		finally {
			this.lock.unlock();
		}
	}

	public void drain() {
		Runnable whenFlushed;
		this.lock.lock();
		try {
			this.full = false;
			whenFlushed = this.whenFlushed;
		}
		finally {
			this.lock.unlock();
		}
		whenFlushed.run();
	}

	public void release() {
		this.lock.lock();
		try {
			this.blocked = false;
			this.changed.signalAll();
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Have a blocked write go on after {@link #abort} as if it had succeeded.
	 */
	public FakeTransport ignoreAbort() {
		this.ignoresAbort = true;
		return this;
	}

	public FakeTransport failWrite(int afterMessages, Throwable failure) {
		this.failAfter = afterMessages;
		this.writeFailure = failure;
		return this;
	}

	public FakeTransport failFlush(Throwable failure) {
		this.flushFailure = failure;
		return this;
	}

	public FakeTransport countOnly() {
		this.keeps = false;
		return this;
	}

	public FakeTransport onFlush(Runnable action) {
		this.onFlush = action;
		return this;
	}

	@Override
	public void write(OutboundMessage message) throws IOException {
		enter();
		try {
			await();
			if (this.writeFailure != null && this.messages.get() >= this.failAfter) {
				throwUnchecked(this.writeFailure);
			}
			this.messages.incrementAndGet();
			if (this.keeps) {
				add(message.payload().asText());
			}
		}
		finally {
			this.within.set(false);
		}
	}

	private void enter() {
		if (!this.within.compareAndSet(false, true)) {
			this.overlapped.set(true);
		}
	}

	private void await() throws IOException {
		if (!this.blocked) {
			return;
		}
		this.lock.lock();
		try {
			this.waiting = true;
			while (this.blocked) {
				this.changed.awaitUninterruptibly();
			}
			if (this.aborted != null && !this.ignoresAbort) {
				throw new IOException("aborted");
			}
		}
		finally {
			this.waiting = false;
			this.lock.unlock();
		}
	}

	@Override
	public boolean flush(Runnable whenFlushed) throws IOException {
		if (this.flushFailure != null) {
			throwUnchecked(this.flushFailure);
		}
		this.onFlush.run();
		this.lock.lock();
		try {
			this.whenFlushed = whenFlushed;
			return !this.full;
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Have the socket end its session itself if its client takes nothing.
	 */
	public FakeTransport limitWait() {
		this.limitsWait = true;
		return this;
	}

	@Override
	public boolean limitsWait() {
		return this.limitsWait;
	}

	@Override
	public void ping() {
		this.pings.incrementAndGet();
	}

	@Override
	public void close(CloseReason reason) {
		add("close " + reason.code());
		this.closed = reason;
		release();
	}

	@Override
	public void abort(CloseReason reason) {
		add("abort " + reason.code());
		this.aborted = reason;
		release();
	}

	private void add(String event) {
		synchronized (this.events) {
			this.events.add(event);
		}
	}

	/**
	 * Return the texts of the messages, and what ended the connection.
	 */
	public List<String> events() {
		synchronized (this.events) {
			return List.copyOf(this.events);
		}
	}

	public int messages() {
		return this.messages.get();
	}

	public int pings() {
		return this.pings.get();
	}

	public boolean isWaiting() {
		return this.waiting;
	}

	public boolean hasOverlapped() {
		return this.overlapped.get();
	}

	public @Nullable CloseReason closed() {
		return this.closed;
	}

	public @Nullable CloseReason aborted() {
		return this.aborted;
	}

	@SuppressWarnings("unchecked")
	private static <T extends Throwable> void throwUnchecked(Throwable failure) throws T {
		throw (T) failure;
	}

}
