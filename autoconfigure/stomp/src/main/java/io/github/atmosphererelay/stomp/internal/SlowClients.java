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

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

import io.github.atmosphererelay.guard.internal.RateLimitedLog;
import org.apache.commons.logging.LogFactory;

/**
 * Watches the clients of this node that do not read. Each holds a thread of the
 * application's channel of messages to clients, in a write that blocks; the channel gets
 * another thread meanwhile. Spring ends such a session when it has another message for it
 * and a thread to find out; here it ends when its time is over, or earlier if too many
 * are blocked and this one has been so longest. {@link #check} is called often by the
 * scheduler, and does not block.
 */
final class SlowClients {

	private static final RateLimitedLog log = new RateLimitedLog(LogFactory.getLog(SlowClients.class),
			Duration.ofSeconds(10));

	private static final Duration BLOCKED_AFTER = Duration.ofMillis(100);

	private final StompSockets sockets;

	private final OutboundBacklog backlog;

	private final OutboundThreads threads;

	private final Duration sendTimeLimit;

	private final int maxBlocked;

	private volatile int blocked;

	/**
	 * Create an instance.
	 * @param sendTimeLimit how long a write may block
	 * @param maxBlocked how many clients may be blocked at a time
	 */
	SlowClients(StompSockets sockets, OutboundBacklog backlog, OutboundThreads threads, Duration sendTimeLimit,
			int maxBlocked) {
		this.sockets = sockets;
		this.backlog = backlog;
		this.threads = threads;
		this.sendTimeLimit = sendTimeLimit;
		this.maxBlocked = maxBlocked;
	}

	void check() {
		long now = System.nanoTime();
		List<WatchedSession> blocked = new ArrayList<>();
		this.sockets.forEach((session) -> {
			if (session.blockedNanos(now) > BLOCKED_AFTER.toNanos()) {
				blocked.add(session);
			}
		});
		this.blocked = blocked.size();
		// One more for each, so that a crowd that gets stuck at once is soon outnumbered
		this.threads.add(Math.min(2 * blocked.size(), this.maxBlocked));
		blocked.sort(Comparator.comparingLong((WatchedSession session) -> session.blockedNanos(now)).reversed());
		for (int i = 0; i < blocked.size(); i++) {
			WatchedSession session = blocked.get(i);
			if (session.blockedNanos(now) > this.sendTimeLimit.toNanos()) {
				end(session, StompStatistics.SlowReason.TIME);
			}
			else if (i < blocked.size() - this.maxBlocked) {
				end(session, StompStatistics.SlowReason.CROWD);
			}
		}
		for (String each : this.backlog.takeExcess()) {
			WatchedSession session = this.sockets.get(each);
			if (session != null) {
				end(session, StompStatistics.SlowReason.BACKLOG);
			}
		}
	}

	private void end(WatchedSession session, StompStatistics.SlowReason reason) {
		if (session.endSlow(reason)) {
			log.warn("STOMP session " + session.getId() + " is closed, because its client reads too slowly: "
					+ reason.description());
		}
	}

	/**
	 * Give back the threads.
	 */
	void stop() {
		this.threads.add(0);
	}

	/**
	 * Return how many clients accepted nothing when they were last looked at.
	 */
	int blocked() {
		return this.blocked;
	}

}
