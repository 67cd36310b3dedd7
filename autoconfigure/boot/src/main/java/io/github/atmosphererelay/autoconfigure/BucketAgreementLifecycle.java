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

package io.github.atmosphererelay.autoconfigure;

import java.time.Duration;
import java.util.concurrent.ScheduledFuture;

import io.github.atmosphererelay.cluster.Cluster;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.guard.internal.Timers;
import io.github.atmosphererelay.listening.internal.BucketAgreement;
import org.jspecify.annotations.Nullable;

import org.springframework.context.SmartLifecycle;

/**
 * Looks every few seconds for nodes whose buckets of channels were not compared yet, as
 * long as the application runs.
 */
final class BucketAgreementLifecycle implements SmartLifecycle {

	private static final Duration INTERVAL = Duration.ofSeconds(3);

	private final Timers timers;

	private final Cluster cluster;

	private final BucketAgreement agreement;

	private volatile @Nullable ScheduledFuture<?> checks;

	BucketAgreementLifecycle(Timers timers, Cluster cluster, BucketAgreement agreement) {
		this.timers = timers;
		this.cluster = cluster;
		this.agreement = agreement;
	}

	@Override
	public void start() {
		this.checks = this.timers.repeat(Part.LISTENERS, () -> this.agreement.check(this.cluster), INTERVAL, INTERVAL);
	}

	@Override
	public void stop() {
		ScheduledFuture<?> checks = this.checks;
		if (checks != null) {
			checks.cancel(false);
		}
		this.checks = null;
	}

	@Override
	public boolean isRunning() {
		return this.checks != null;
	}

}
