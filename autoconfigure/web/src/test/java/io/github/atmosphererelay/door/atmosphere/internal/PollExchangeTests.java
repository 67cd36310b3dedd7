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

package io.github.atmosphererelay.door.atmosphere.internal;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.atmosphererelay.cluster.internal.ClientCommandReceiver.Kind;
import io.github.atmosphererelay.door.raw.internal.AtmosphereParameters;
import io.github.atmosphererelay.door.raw.internal.AtmosphereParameters.Transport;
import io.github.atmosphererelay.guard.Guards;
import io.github.atmosphererelay.guard.internal.Timers;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.session.internal.OutboundMessage;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * A request that waits at one node for a session of another one, between which answers
 * are lost.
 */
class PollExchangeTests {

	private static final UUID HERE = UUID.randomUUID();

	private static final UUID THERE = UUID.randomUUID();

	private static final String KEY = "0123456789abcdef";

	private static final PollSettings SETTINGS = new PollSettings(Duration.ofMinutes(1), Duration.ofMillis(50));

	private final ScheduledThreadPoolExecutor scheduler = new ScheduledThreadPoolExecutor(1);

	private final Timers timers = new Timers(this.scheduler, new Guards());

	private final PollStatistics statistics = new PollStatistics();

	private final AtomicInteger ends = new AtomicInteger();

	/** How many answers are lost between the nodes. */
	private final AtomicInteger lost = new AtomicInteger();

	private final PollSession session = new PollSession((ended) -> this.ends.incrementAndGet(), this.timers, SETTINGS,
			new PollIdentity(THERE, KEY, "id", null, "c"),
			new AtmosphereParameters(Transport.POLLING, false, false, "0", null, null), AtmosphereFormat.TEXT,
			this.statistics, null, 0, null, System::nanoTime);

	private final PollExchange here = exchange(HERE);

	private final PollExchange there = exchange(THERE);

	private final List<PollAnswer> answers = new CopyOnWriteArrayList<>();

	private PollExchange exchange(UUID node) {
		return new PollExchange(
				(asked, waiter) -> this.session.poll(asked, waiter) ? PollResult.TAKEN : PollResult.UNKNOWN,
				new PollCarriage(this::carry), this.timers, SETTINGS, this.statistics, node);
	}

	private CompletableFuture<byte @Nullable []> carry(UUID node, Kind kind, byte[] body) {
		if (kind == Kind.POLL) {
			return CompletableFuture.completedFuture(this.there.receivePoll(body));
		}
		if (this.lost.getAndUpdate((count) -> Math.max(0, count - 1)) > 0) {
			return CompletableFuture.failedFuture(new IllegalStateException("The answer is lost"));
		}
		return CompletableFuture.completedFuture(this.here.receiveAnswer(body));
	}

	@AfterEach
	void stop() {
		this.scheduler.shutdownNow();
	}

	private PollToken begin() {
		CompletableFuture<PollAnswer> first = new CompletableFuture<>();
		this.session.begin(first::complete, false, false);
		return Objects.requireNonNull(PollToken.parse(first.join().token()));
	}

	private void ask(PollToken token) {
		PollQuestion asked = new PollQuestion(KEY, null, "c", token.number(), null, "0");
		assertThat(this.here.poll(token, asked, this.answers::add).join()).isEqualTo(PollResult.TAKEN);
	}

	@Test
	void anAnswerThatIsLostBetweenNodesIsSentAgainAndDoesNotEndTheSession() throws IOException {
		ask(begin());
		this.lost.set(1);
		this.session.write(new OutboundMessage(Payload.text("a"), "c"));
		this.session.flush(() -> {
		});
		assertThat(this.answers).isEmpty();
		await().atMost(Duration.ofSeconds(20)).until(() -> !this.answers.isEmpty());
		assertThat(this.answers.get(0).body()).isEqualTo("a".getBytes(StandardCharsets.UTF_8));
		assertThat(this.statistics.resentCount()).isEqualTo(1);
		// The client has the answer, and is gone if it does not ask
		await().atMost(Duration.ofSeconds(20)).until(() -> this.ends.get() == 1);
	}

	@Test
	void aSessionLastsUntilTheOtherNodeGivesUp() throws IOException {
		PollToken token = begin();
		ask(token);
		this.lost.set(Integer.MAX_VALUE);
		this.session.write(new OutboundMessage(Payload.text("a"), "c"));
		this.session.flush(() -> {
		});
		await().atMost(Duration.ofSeconds(20)).until(() -> this.statistics.resentCount() >= 2);
		assertThat(this.ends).hasValue(0);
		this.lost.set(0);
		// As when the other node has given up: the client shows the same token
		ask(token);
	}

}
