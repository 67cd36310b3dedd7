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

package io.github.atmosphererelay.benchmark.node;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAccumulator;
import java.util.concurrent.locks.LockSupport;

import io.github.atmosphererelay.event.SessionDisconnected;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.session.internal.SessionRegistry;

import org.springframework.context.event.EventListener;

/**
 * Keeps account of the clients that do not read: for how long messages had waited for one
 * when the node closed it. The application is not told when a message begins to wait, so
 * that a thread looks for it, twenty times a second.
 */
class SlowClients {

	private static final Duration INTERVAL = Duration.ofMillis(50);

	private final SessionRegistry sessions;

	/** Since when messages wait for a session, by its id. */
	private final Map<String, Long> waiting = new ConcurrentHashMap<>();

	private final LongAccumulator longest = new LongAccumulator(Math::max, 0);

	SlowClients(SessionRegistry sessions) {
		this.sessions = sessions;
		Thread thread = new Thread(this::watch, "slow-clients");
		thread.setDaemon(true);
		thread.start();
	}

	private void watch() {
		while (!Thread.currentThread().isInterrupted()) {
			long now = System.nanoTime();
			this.sessions.forEach((session) -> note(session, now));
			LockSupport.parkNanos(this, INTERVAL.toNanos());
		}
	}

	private void note(LocalSession session, long now) {
		if (session.queuedMessages() > 0) {
			this.waiting.putIfAbsent(session.id(), now);
		}
		else if (session.isOpen()) {
			this.waiting.remove(session.id());
		}
	}

	@EventListener
	void ended(SessionDisconnected event) {
		Long since = this.waiting.remove(event.session().id());
		if (since != null && event.reason().code() == CloseReason.SLOW_CONSUMER.code()) {
			this.longest.accumulate(System.nanoTime() - since);
		}
	}

	/**
	 * Return for how long a message has waited at most for a client that was closed then.
	 * @return milliseconds
	 */
	long longestWaitMillis() {
		return TimeUnit.NANOSECONDS.toMillis(this.longest.get());
	}

}
