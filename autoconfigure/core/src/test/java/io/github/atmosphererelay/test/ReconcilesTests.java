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

package io.github.atmosphererelay.test;

import java.util.concurrent.atomic.AtomicInteger;

import org.junit.jupiter.api.Test;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.core.LauncherConfig;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests of {@link Reconciles}.
 */
class ReconcilesTests {

	private static final AtomicInteger runs = new AtomicInteger();

	@Test
	void aTestThatHasFailedFailsAgainWithoutBeingRunAgain() {
		assertThat(failures()).isOne();
		assertThat(failures()).isOne();
		assertThat(runs).hasValue(1);
	}

	private static long failures() {
		SummaryGeneratingListener listener = new SummaryGeneratingListener();
		LauncherFactory
			.create(LauncherConfig.builder()
				.enableLauncherSessionListenerAutoRegistration(false)
				.enableTestExecutionListenerAutoRegistration(false)
				.build())
			.execute(LauncherDiscoveryRequestBuilder.request()
				.selectors(DiscoverySelectors.selectClass(FailsOnce.class))
				.build(), listener);
		return listener.getSummary().getTestsFailedCount();
	}

	/**
	 * Not run by the build, which takes classes named Tests only.
	 */
	@Reconciles
	static class FailsOnce {

		@Test
		void losesAMessageInItsFirstRun() {
			assertThat(runs.incrementAndGet()).isGreaterThan(1);
		}

	}

}
