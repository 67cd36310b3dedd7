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

package io.github.atmosphererelay.cluster.internal;

import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.cluster.NodeLoad;
import io.github.atmosphererelay.delivery.internal.MessagingStatistics;
import io.github.atmosphererelay.session.internal.SessionRegistry;
import io.github.atmosphererelay.session.internal.SessionStatistics;

/**
 * Measures the load of this node. Rates are averages over at least one second, however
 * often they are read. Thread-safe.
 */
final class LoadMeter {

	private static final long PERIOD = TimeUnit.SECONDS.toNanos(1);

	private final MessagingStatistics messages;

	private final SessionStatistics sessions;

	private final SessionRegistry registry;

	private long measuredAt = System.nanoTime();

	private long received;

	private long delivered;

	private double receivedPerSecond;

	private double deliveredPerSecond;

	LoadMeter(MessagingStatistics messages, SessionStatistics sessions, SessionRegistry registry) {
		this.messages = messages;
		this.sessions = sessions;
		this.registry = registry;
	}

	synchronized NodeLoad measure() {
		long now = System.nanoTime();
		long passed = now - this.measuredAt;
		if (passed >= PERIOD) {
			long received = this.messages.inbound().clientMessages();
			long delivered = this.sessions.deliveries() - this.sessions.internalDeliveries();
			this.receivedPerSecond = rate(received - this.received, passed);
			this.deliveredPerSecond = rate(delivered - this.delivered, passed);
			this.received = received;
			this.delivered = delivered;
			this.measuredAt = now;
		}
		return new NodeLoad(this.registry.sessionCount(), this.registry.channelCount(), this.receivedPerSecond,
				this.deliveredPerSecond);
	}

	private static double rate(long count, long nanos) {
		return Math.round(count * 1e10 / nanos) / 10d;
	}

}
