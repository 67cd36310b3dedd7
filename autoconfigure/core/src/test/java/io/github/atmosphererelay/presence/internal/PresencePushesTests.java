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

package io.github.atmosphererelay.presence.internal;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.stream.Collectors;

import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.session.internal.FakeTransport;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.session.internal.QueueLimits;
import io.github.atmosphererelay.session.internal.SessionStatistics;
import io.github.atmosphererelay.session.internal.SlowConsumerPolicy;
import io.github.atmosphererelay.session.internal.WriterPool;
import io.github.atmosphererelay.session.internal.WriterSettings;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link PresencePushes}.
 */
class PresencePushesTests {

	private static final QueueLimits LIMITS = new QueueLimits(100, 10_000, SlowConsumerPolicy.DISCONNECT);

	private final ScheduledThreadPoolExecutor scheduler = new ScheduledThreadPoolExecutor(1);

	private final WriterPool writers = new WriterPool(new WriterSettings(1, 4, Duration.ofSeconds(5)),
			new SessionStatistics(), this.scheduler);

	private final FakeTransport alice = new FakeTransport();

	private final FakeTransport bob = new FakeTransport();

	private final Map<LocalSession, PresenceChangeFormat> watchers = Map.of(open("alice", this.alice),
			PresencePushesTests::encode, open("bob", this.bob), PresencePushesTests::encode);

	@BeforeEach
	void start() {
		this.writers.start();
	}

	@AfterEach
	void stop() {
		this.writers.stop();
		this.scheduler.shutdownNow();
	}

	private LocalSession open(String id, FakeTransport transport) {
		return this.writers.open(id, null, null, transport, (session, reason) -> {
		});
	}

	private static Payload encode(String channel, List<PresenceChange> changes) {
		return Payload.text(changes.stream()
			.map((change) -> (change.joined() ? "+" : "-") + change.session().session())
			.collect(Collectors.joining(" ")));
	}

	/**
	 * Push what has happened, for example {@code +alice}.
	 */
	private void push(String... changes) {
		List<PresenceChange> all = Arrays.stream(changes)
			.map((each) -> new PresenceChange(each.startsWith("+"),
					new PresentSession(each.substring(1), null, Map.of())))
			.toList();
		PresencePushes.push(this.writers, LIMITS, new PresenceNews("chat/a", List.of(), List.of(), 2, List.of(),
				List.of(), List.of(), all, this.watchers), 10);
	}

	/**
	 * A session may be present only after it has begun to watch, when its attributes are
	 * known.
	 */
	@Test
	void aSessionDoesNotReceiveItsOwnJoin() {
		push("+alice");
		push("+carol", "+bob", "-dora");
		push("-carol");
		await().untilAsserted(() -> {
			assertThat(this.alice.events()).containsExactly("+carol +bob -dora", "-carol");
			assertThat(this.bob.events()).containsExactly("+alice", "+carol -dora", "-carol");
		});
	}

}
