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

package io.github.atmosphererelay.durable.internal;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ScheduledThreadPoolExecutor;

import io.github.atmosphererelay.durable.SessionStore;
import io.github.atmosphererelay.durable.StoredSession;
import io.github.atmosphererelay.guard.Guards;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.guard.internal.Timers;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.BDDMockito.given;
import static org.mockito.BDDMockito.then;
import static org.mockito.Mockito.atLeast;
import static org.mockito.Mockito.mock;

/**
 * Tests for {@link SessionSaver}.
 */
class SessionSaverTests {

	private final ScheduledThreadPoolExecutor scheduler = new ScheduledThreadPoolExecutor(1);

	private final DurableSessions sessions = mock();

	private final DurableSession session = mock();

	private final SessionStore store = mock();

	private final Guards guards = new Guards();

	private final SessionSaver saver = new SessionSaver(this.sessions, this.store,
			new DurableSettings(Duration.ofMinutes(5), Duration.ofMillis(20), Duration.ofSeconds(1), "cookie", 1000),
			new DurableStatistics(), new Timers(this.scheduler, this.guards));

	@AfterEach
	void stop() {
		this.saver.stop();
		this.scheduler.shutdownNow();
	}

	@Test
	void savingContinuesAfterErrorsInACheckASnapshotAndTheStore() {
		StoredSession entry = new StoredSession("key", null, "owner", 1, true, Set.of(), Map.of(), Map.of(),
				Instant.now(), Instant.now());
		given(this.sessions.live()).willThrow(new OutOfMemoryError("look")).willReturn(Set.of(this.session));
		given(this.session.snapshot(any())).willThrow(new OutOfMemoryError("snapshot")).willReturn(entry);
		given(this.session.needsSaving(any(), any())).willReturn(true);
		given(this.store.save(any())).willThrow(new OutOfMemoryError("store")).willReturn(Set.of());
		this.saver.start();
		await().untilAsserted(() -> then(this.store).should(atLeast(4)).save(any()));
		then(this.sessions).should().failed(any(OutOfMemoryError.class));
		assertThat(this.guards.of(Part.DURABLE_SESSIONS).failures()).isEqualTo(2);
	}

}
