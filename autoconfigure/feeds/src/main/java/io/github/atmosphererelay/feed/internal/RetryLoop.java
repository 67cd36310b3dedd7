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

package io.github.atmosphererelay.feed.internal;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

import io.github.atmosphererelay.guard.internal.Threads;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.errors.WakeupException;
import org.jspecify.annotations.Nullable;

/**
 * A thread that connects to Kafka and works until the connection is lost, again and
 * again.
 */
final class RetryLoop {

	private static final Duration FIRST_PAUSE = Duration.ofMillis(250);

	private static final Duration MAX_PAUSE = Duration.ofSeconds(2);

	/** What is not there, or not allowed, will hardly be a second later. */
	private static final Duration REFUSED_PAUSE = Duration.ofSeconds(5);

	/** An attempt that has worked for this long was not the fault of its connection. */
	private static final Duration WORKED = Duration.ofSeconds(10);

	private static final Duration END = Duration.ofSeconds(2);

	private final String name;

	private final Attempt attempt;

	private final Consumer<Throwable> failed;

	private final CountDownLatch stopping = new CountDownLatch(1);

	private @Nullable Thread thread;

	/**
	 * Create a loop.
	 * @param name the thread's name
	 * @param attempt connects and works
	 * @param failed is called by the thread after each failure
	 */
	RetryLoop(String name, Attempt attempt, Consumer<Throwable> failed) {
		this.name = name;
		this.attempt = attempt;
		this.failed = failed;
	}

	synchronized void start() {
		if (this.thread == null && !isStopping()) {
			Thread thread = Threads.factory(this.name).newThread(this::work);
			this.thread = thread;
			thread.start();
		}
	}

	boolean isStopping() {
		return this.stopping.getCount() == 0;
	}

	/**
	 * Wait, unless the loop stops.
	 * @return whether to go on
	 */
	boolean pause(Duration pause) throws InterruptedException {
		return !this.stopping.await(pause.toMillis(), TimeUnit.MILLISECONDS);
	}

	/**
	 * Stop, and wait for up to two seconds.
	 * @param wakeUp ends what the attempt waits for
	 */
	void stop(Runnable wakeUp) {
		Thread thread;
		synchronized (this) {
			this.stopping.countDown();
			thread = this.thread;
		}
		if (thread == null) {
			return;
		}
		wakeUp.run();
		try {
			thread.join(END.toMillis());
			if (thread.isAlive()) {
				// It waits for the application, or for a broker
				thread.interrupt();
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	private void work() {
		Duration pause = FIRST_PAUSE;
		while (!isStopping()) {
			long begin = System.nanoTime();
			try {
				this.attempt.run();
			}
			catch (WakeupException ex) {
				// It stops
			}
			catch (Throwable ex) {
				if (isStopping()) {
					return;
				}
				// Whoever has interrupted it, the loop goes on
				Thread.interrupted();
				report(ex);
				pause = (System.nanoTime() - begin > WORKED.toNanos()) ? FIRST_PAUSE : longer(pause);
				if (!pauseAfter(isRefusal(ex) ? REFUSED_PAUSE : pause)) {
					return;
				}
			}
		}
	}

	private void report(Throwable failure) {
		try {
			this.failed.accept(failure);
		}
		catch (Throwable ex) {
			// The loop goes on, whatever its owner does with failures
		}
	}

	private boolean pauseAfter(Duration pause) {
		try {
			return pause(pause);
		}
		catch (InterruptedException ex) {
			return !isStopping();
		}
	}

	private static Duration longer(Duration pause) {
		Duration longer = pause.multipliedBy(2);
		return (longer.compareTo(MAX_PAUSE) < 0) ? longer : MAX_PAUSE;
	}

	static boolean isRefusal(Throwable failure) {
		return failure instanceof AuthorizationException || failure instanceof UnknownTopicOrPartitionException;
	}

	/**
	 * Connects and works.
	 */
	@FunctionalInterface
	interface Attempt {

		/**
		 * Return when the loop stops, or fail.
		 */
		void run() throws InterruptedException;

	}

}
