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

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.web.socket.CloseStatus;
import org.springframework.web.socket.WebSocketMessage;
import org.springframework.web.socket.WebSocketSession;
import org.springframework.web.socket.handler.WebSocketSessionDecorator;

/**
 * A session of which one can see how long a write to it blocks, and whose close does not
 * wait for that write.
 */
final class WatchedSession extends WebSocketSessionDecorator {

	private static final Log logger = LogFactory.getLog(WatchedSession.class);

	private static final Duration STUCK_AFTER = Duration.ofMillis(50);

	private final Executor closers;

	private final Consumer<StompStatistics.SlowReason> slow;

	private final AtomicBoolean ending = new AtomicBoolean();

	private final Object lock = new Object();

	/** When the present write has started, in {@code System.nanoTime()}; 0 if none. */
	private volatile long writingSince;

	/** The thread of the present write. Guarded by the lock. */
	private @Nullable Thread writer;

	/** Whether that thread was interrupted. Guarded by the lock. */
	private boolean interrupted;

	/**
	 * Create a session.
	 * @param closers close sessions whose client does not read, which may block
	 * @param slow called once if the session ends because its client reads too slowly
	 */
	WatchedSession(WebSocketSession delegate, Executor closers, Consumer<StompStatistics.SlowReason> slow) {
		super(delegate);
		this.closers = closers;
		this.slow = slow;
	}

	@Override
	public void sendMessage(WebSocketMessage<?> message) throws IOException {
		begin();
		try {
			super.sendMessage(message);
		}
		finally {
			end();
		}
	}

	private void begin() {
		long now = System.nanoTime();
		synchronized (this.lock) {
			this.writer = Thread.currentThread();
			this.writingSince = (now != 0) ? now : 1;
		}
	}

	@SuppressWarnings("ResultOfMethodCallIgnored")
	private void end() {
		synchronized (this.lock) {
			this.writer = null;
			this.writingSince = 0;
			if (this.interrupted) {
				this.interrupted = false;
				Thread.interrupted();
			}
		}
	}

	boolean isWriting() {
		return this.writingSince != 0;
	}

	/**
	 * Return how long the present write has been blocked.
	 * @param now the present {@code System.nanoTime()}
	 * @return the time in nanoseconds, 0 if there is none
	 */
	long blockedNanos(long now) {
		long since = this.writingSince;
		return (since != 0) ? Math.max(0, now - since) : 0;
	}

	/**
	 * End the session as Spring does if a client reads too slowly. Does not block.
	 * @return whether it was not being ended already
	 */
	boolean endSlow(StompStatistics.SlowReason reason) {
		if (!countSlow(reason)) {
			return false;
		}
		abort(CloseStatus.SESSION_NOT_RELIABLE);
		return true;
	}

	private boolean countSlow(StompStatistics.SlowReason reason) {
		boolean first = this.ending.compareAndSet(false, true);
		if (first) {
			this.slow.accept(reason);
		}
		return first;
	}

	@Override
	public void close() throws IOException {
		close(CloseStatus.NORMAL);
	}

	@Override
	public void close(CloseStatus status) throws IOException {
		if (CloseStatus.SESSION_NOT_RELIABLE.equalsCode(status)) {
			countSlow(StompStatistics.SlowReason.LIMIT);
		}
		if (blockedNanos(System.nanoTime()) > STUCK_AFTER.toNanos()) {
			abort(status);
		}
		else {
			super.close(status);
		}
	}

	private void abort(CloseStatus status) {
		if (isWriting()) {
			BlockedWrites.fail(this);
		}
		this.closers.execute(() -> {
			try {
				super.close(status);
			}
			catch (IOException | RuntimeException ex) {
				logger.debug("A STOMP session could not be closed in order", ex);
			}
			finally {
				interruptWriter();
			}
		});
	}

	/**
	 * Tomcat does not wake a thread whose write is blocked when it closes the socket.
	 */
	private void interruptWriter() {
		synchronized (this.lock) {
			if (this.writer != null) {
				this.interrupted = true;
				this.writer.interrupt();
			}
		}
	}

	/**
	 * Spring's lines in the log stay as they are.
	 */
	@Override
	public String toString() {
		return getDelegate().toString();
	}

}
