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

package io.github.atmosphererelay.door.internal;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.function.Consumer;

import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.guard.Guards;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.session.internal.SessionRegistry;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyLong;
import static org.mockito.BDDMockito.given;
import static org.mockito.BDDMockito.then;
import static org.mockito.BDDMockito.willAnswer;
import static org.mockito.BDDMockito.willThrow;
import static org.mockito.Mockito.atLeastOnce;
import static org.mockito.Mockito.mock;

/**
 * Tests for {@link SessionDrain}: an Error keeps neither the other clients from being
 * sent away nor the application from being stopped.
 */
@Timeout(30)
class SessionDrainTests {

	private static final Error INJECTED = new OutOfMemoryError("injected");

	private final ScheduledThreadPoolExecutor scheduler = new ScheduledThreadPoolExecutor(1);

	private final SessionRegistry registry = mock();

	private final Guards guards = new Guards();

	private final Guard guard = this.guards.of(Part.SHUTDOWN);

	private final List<LocalSession> sessions = List.of(mock(), mock(), mock());

	private final CountDownLatch stopped = new CountDownLatch(1);

	@BeforeEach
	void prepare() {
		given(this.registry.sessions()).willReturn(this.sessions);
		willAnswer((call) -> {
			this.sessions.forEach(call.<Consumer<LocalSession>>getArgument(0));
			return null;
		}).given(this.registry).forEach(any());
	}

	@AfterEach
	void stop() {
		this.scheduler.shutdownNow();
	}

	private void drain(ScheduledExecutorService scheduler) throws InterruptedException {
		new SessionDrain(new HandshakeGate(), this.registry, scheduler, 1, Duration.ofMillis(1), Duration.ofMinutes(5),
				this.guards)
			.stop(this.stopped::countDown);
		this.stopped.await();
	}

	@Test
	void theOthersAreClosedAfterAnErrorOfOne() throws InterruptedException {
		willThrow(INJECTED).willDoNothing().given(this.sessions.get(0)).close(CloseReason.GOING_AWAY);
		drain(this.scheduler);
		assertThat(this.sessions)
			.allSatisfy((session) -> then(session).should(atLeastOnce()).close(CloseReason.GOING_AWAY));
		assertThat(this.guard.failures()).isOne();
	}

	@Test
	void theEndIsAwaitedAfterAnErrorInALook() throws InterruptedException {
		given(this.registry.sessionCount()).willThrow(INJECTED).willReturn(1, 0);
		drain(this.scheduler);
		assertThat(this.guard.failures()).isOne();
	}

	@Test
	void theStopGoesOnIfNothingCanBeScheduledAnyMore() throws InterruptedException {
		ScheduledExecutorService ended = mock();
		given(ended.schedule(any(Runnable.class), anyLong(), any())).willThrow(new RejectedExecutionException());
		drain(ended);
		then(this.sessions.get(0)).should().close(CloseReason.GOING_AWAY);
		assertThat(this.guard.failures()).isOne();
	}

}
