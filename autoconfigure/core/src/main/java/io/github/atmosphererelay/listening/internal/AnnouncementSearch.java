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

package io.github.atmosphererelay.listening.internal;

import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;

import io.github.atmosphererelay.broadcast.internal.RecentChannels;
import org.jspecify.annotations.Nullable;

/**
 * Asks the nodes in which recorded channels they have published recently, after
 * announcements were missed. One question at a time. For any thread; does not block.
 */
final class AnnouncementSearch {

	private static final Duration DELAY = Duration.ofMillis(500);

	private static final Duration SECOND_LOOK = Duration.ofSeconds(10);

	/** How long a question may be on its way. */
	private static final Duration ON_THE_WAY = Duration.ofSeconds(10);

	private static final Duration RETRY = Duration.ofSeconds(2);

	private static final int MAX_ATTEMPTS = 15;

	private final ListeningContext context;

	private final Consumer<String> found;

	private final Runnable mayMiss;

	private final long begun = System.nanoTime();

	private @Nullable Long interruptedAt;

	private boolean asking;

	private boolean again;

	private boolean secondLook;

	private boolean closed;

	/**
	 * Create a search.
	 * @param found receives the channels
	 * @param mayMiss called if there may be channels that were not found
	 */
	AnnouncementSearch(ListeningContext context, Consumer<String> found, Runnable mayMiss) {
		this.context = context;
		this.found = found;
		this.mayMiss = mayMiss;
	}

	/**
	 * Begin a search, or another one after the present one.
	 * @param interrupted whether the connection of this node was interrupted
	 */
	void begin(boolean interrupted) {
		boolean unexplained;
		synchronized (this) {
			if (this.closed) {
				return;
			}
			long now = System.nanoTime();
			// Nobody knows how long ago the announcement was sent that is missing
			unexplained = !interrupted && !isWithin(this.interruptedAt, now);
			if (interrupted) {
				this.interruptedAt = now;
			}
			if (this.asking) {
				this.again = true;
			}
		}
		if (unexplained) {
			this.mayMiss.run();
		}
		if (interrupted) {
			lookAgainLater();
		}
		start();
	}

	/**
	 * Search a second time when the node follows all addresses again, of which it may
	 * have many: what is published before that is announced to it in vain.
	 */
	private void lookAgainLater() {
		synchronized (this) {
			if (this.secondLook) {
				return;
			}
			this.secondLook = true;
		}
		if (!later(this::again, SECOND_LOOK)) {
			synchronized (this) {
				this.secondLook = false;
			}
		}
	}

	private void start() {
		synchronized (this) {
			if (this.asking) {
				return;
			}
			this.asking = true;
		}
		later(1, delay());
	}

	/**
	 * Return a time that differs, so that not all nodes ask at once.
	 */
	private static Duration delay() {
		return DELAY.plusMillis(ThreadLocalRandom.current().nextLong(DELAY.toMillis()));
	}

	private static boolean isWithin(@Nullable Long time, long now) {
		return time != null && now - time < RecentChannels.WINDOW.toNanos();
	}

	private void again() {
		synchronized (this) {
			this.secondLook = false;
			if (this.closed) {
				return;
			}
			if (this.asking) {
				this.again = true;
			}
		}
		start();
	}

	private void later(int attempt, Duration delay) {
		if (!later(() -> ask(attempt), delay)) {
			synchronized (this) {
				this.asking = false;
			}
		}
	}

	private boolean later(Runnable task, Duration delay) {
		try {
			this.context.later(task, delay);
			return true;
		}
		catch (RejectedExecutionException ex) {
			// The application is being closed.
			return false;
		}
		catch (Throwable ex) {
			// For example, memory is short
			this.context.guard().failed(ex);
			return false;
		}
	}

	private synchronized boolean isClosed() {
		return this.closed;
	}

	private void ask(int attempt) {
		if (isClosed()) {
			return;
		}
		synchronized (this) {
			this.again = false;
		}
		Duration running = Duration.ofNanos(System.nanoTime() - this.begun).plus(ON_THE_WAY);
		Duration age = (running.compareTo(RecentChannels.WINDOW) < 0) ? running : RecentChannels.WINDOW;
		boolean begun = this.context.guard()
			.run(() -> this.context.recent().ask(age).whenComplete((answer, ex) -> answered(attempt, answer)));
		if (!begun) {
			answered(attempt, null);
		}
	}

	private void answered(int attempt, @Nullable RecentChannels answer) {
		// A search that failed halfway, for example because memory is short, is repeated
		boolean taken = this.context.guard().run(() -> {
			if (answer != null) {
				answer.names().forEach(this.found);
			}
		});
		boolean complete = taken && answer != null && answer.complete();
		boolean again;
		synchronized (this) {
			again = this.again || (!complete && attempt < MAX_ATTEMPTS);
			this.asking = again;
		}
		if (again) {
			later(complete ? 1 : attempt + 1, complete ? delay() : RETRY);
		}
		else if (!complete) {
			this.context.guard().run(this.mayMiss);
		}
	}

	synchronized void close() {
		this.closed = true;
	}

}
