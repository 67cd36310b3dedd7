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

package io.github.atmosphererelay.actuate.internal;

import java.time.Duration;

import io.github.atmosphererelay.outbox.internal.OutboxStatistics;
import io.github.atmosphererelay.outbox.internal.OutboxStatus;

import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;

/**
 * Tells how much waits in the outbox, as this node has seen last; asks nobody, and so
 * returns at once. While a message waits for longer than it should, or the tables cannot
 * be read, the status is {@code DEGRADED}: committed messages are late and not lost, and
 * another node may be to blame, so restarting this one would not help.
 */
public final class OutboxHealthIndicator extends AbstractHealthIndicator {

	private final OutboxStatistics statistics;

	private final Duration maxWait;

	private final Duration maxAge;

	/**
	 * Create an indicator.
	 * @param statistics what was seen
	 * @param maxWait how long a message may wait
	 * @param maxAge how old what was seen may be: longer than the longest time between
	 * two looks at the tables
	 */
	public OutboxHealthIndicator(OutboxStatistics statistics, Duration maxWait, Duration maxAge) {
		super("The health of the outbox cannot be told");
		this.statistics = statistics;
		this.maxWait = maxWait;
		this.maxAge = maxAge;
	}

	@Override
	protected void doHealthCheck(Health.Builder builder) {
		OutboxStatus status = this.statistics.status();
		Duration oldest = status.oldest();
		Duration age = this.statistics.sinceSeen();
		if (age.compareTo(this.maxAge) > 0) {
			builder.status(AtmosphereHealthIndicator.DEGRADED)
				.withDetail("lastSeen", age.toSeconds() + " s ago: the database cannot be read");
		}
		else if (oldest.compareTo(this.maxWait) > 0) {
			builder.status(AtmosphereHealthIndicator.DEGRADED);
		}
		else {
			builder.up();
		}
		builder.withDetail("waiting", status.waiting())
			.withDetail("oldest", oldest.toMillis() + " ms")
			.withDetail("setAside", status.setAside());
	}

}
