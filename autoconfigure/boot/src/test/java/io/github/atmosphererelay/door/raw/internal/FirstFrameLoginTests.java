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

package io.github.atmosphererelay.door.raw.internal;

import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.ScheduledThreadPoolExecutor;

import io.github.atmosphererelay.delivery.internal.InboundStatistics;
import io.github.atmosphererelay.door.internal.Arrival;
import io.github.atmosphererelay.door.internal.ClientLimits;
import io.github.atmosphererelay.door.internal.ClientProof;
import io.github.atmosphererelay.door.internal.LimitSettings;
import io.github.atmosphererelay.door.internal.Reception;
import io.github.atmosphererelay.door.internal.TokenChecker;
import io.github.atmosphererelay.guard.Guards;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.guard.internal.Timers;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.internal.FakeTransport;
import io.github.atmosphererelay.session.internal.NodeIdentity;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.mockito.BDDMockito.given;
import static org.mockito.BDDMockito.willThrow;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.spy;

/**
 * Tests for {@link FirstFrameLogin}'s deadline.
 */
class FirstFrameLoginTests {

	private final ScheduledThreadPoolExecutor scheduler = new ScheduledThreadPoolExecutor(1);

	private final Guards guards = new Guards();

	private final ClientLimits limits = new ClientLimits(new LimitSettings(0, 0, 0, 1));

	private final InboundStatistics statistics = spy(new InboundStatistics());

	private final TokenChecker tokens = mock();

	@BeforeEach
	void expireSoon() {
		given(this.tokens.timeout()).willReturn(Duration.ofMillis(1));
	}

	@AfterEach
	void stop() {
		this.scheduler.shutdownNow();
	}

	private FakeTransport connect() {
		FakeTransport transport = new FakeTransport();
		Reception reception = new Reception(new NodeIdentity(UUID.randomUUID(), "node"), mock(), mock(), mock(),
				this.statistics);
		Arrival arrival = new Arrival(reception, transport, Objects.requireNonNull(this.limits.admit(null)),
				ClientProof.nothing(), null, Map.of());
		new FirstFrameLogin(arrival, this.tokens, null, (login, client) -> {
		}).start(new Timers(this.scheduler, this.guards));
		return transport;
	}

	@Test
	void anErrorAtTheDeadlineLeavesNoConnectionOpenAndTheNextDeadlineComes() {
		willThrow(new OutOfMemoryError("injected")).willCallRealMethod()
			.given(this.statistics)
			.countRefused(ErrorCode.UNAUTHORIZED);
		for (FakeTransport transport : new FakeTransport[] { connect(), connect() }) {
			await().until(() -> CloseReason.STALE.equals(transport.closed()));
		}
		await().until(() -> this.guards.of(Part.CLIENT_TIMERS).failures() == 1);
		assertThat(this.limits.connectionCount()).isZero();
		assertThat(this.statistics.refused(ErrorCode.UNAUTHORIZED)).isOne();
	}

}
