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

package io.github.atmosphererelay.console.internal;

import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;

import io.github.atmosphererelay.broadcast.Broadcaster;
import io.github.atmosphererelay.delivery.internal.MessagingStatistics;
import io.github.atmosphererelay.guard.Guards;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.guard.internal.Timers;
import io.github.atmosphererelay.relay.internal.RelayMonitor;
import io.github.atmosphererelay.relay.internal.RelayState;
import io.github.atmosphererelay.session.internal.NodeIdentity;
import io.github.atmosphererelay.session.internal.SessionRegistry;
import io.github.atmosphererelay.session.internal.SessionStatistics;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.eq;
import static org.mockito.BDDMockito.given;
import static org.mockito.BDDMockito.then;
import static org.mockito.Mockito.atLeast;
import static org.mockito.Mockito.mock;

/**
 * Tests for {@link ConsoleRatePublisher} when memory is short. What they publish is in
 * {@link ConsoleTests}.
 */
class ConsoleRatePublisherTests {

	private final ScheduledThreadPoolExecutor scheduler = new ScheduledThreadPoolExecutor(1);

	private final RelayMonitor monitor = mock();

	private final Broadcaster broadcaster = mock();

	private final Guards guards = new Guards();

	@BeforeEach
	void prepare() {
		given(this.monitor.state()).willReturn(RelayState.UP);
	}

	@AfterEach
	void stop() {
		this.scheduler.shutdownNow();
	}

	@Test
	void anErrorLeavesOneMessageOutAndTheNextFollows() {
		given(this.broadcaster.broadcast(any(), any(), any())).willThrow(new OutOfMemoryError("injected"))
			.willReturn(new CompletableFuture<>());
		NodeFigures figures = new NodeFigures(new NodeIdentity(UUID.randomUUID(), "node"), this.monitor,
				new SessionRegistry(), new MessagingStatistics(), new SessionStatistics(), null);
		ConsoleRatePublisher rates = new ConsoleRatePublisher(figures, this.broadcaster,
				new Timers(this.scheduler, this.guards), "console", Duration.ofMillis(1));
		rates.start();
		await().untilAsserted(() -> then(this.broadcaster).should(atLeast(3)).broadcast(eq("console"), any(), any()));
		rates.stop();
		assertThat(this.guards.of(Part.CONSOLE).failures()).isOne();
	}

}
