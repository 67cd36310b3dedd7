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

import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;

import io.github.atmosphererelay.cluster.internal.ClientCommandReceiver.Kind;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * What is carried to other nodes, without nodes.
 */
class PollCarriageTests {

	private static final UUID NODE = UUID.randomUUID();

	private final List<CompletableFuture<byte @Nullable []>> underway = new ArrayList<>();

	private final List<Byte> sent = new ArrayList<>();

	private final PollCarriage carriage = new PollCarriage((node, kind, body) -> {
		this.sent.add(body[0]);
		CompletableFuture<byte @Nullable []> answer = new CompletableFuture<>();
		this.underway.add(answer);
		return answer;
	});

	private CompletableFuture<byte @Nullable []> carry(UUID node, int content) {
		return this.carriage.carry(node, Kind.POLL, 1, () -> new byte[] { (byte) content });
	}

	@Test
	void thousandsAreCarriedAFewAtOnceAndInOrder() {
		List<CompletableFuture<byte @Nullable []>> results = new ArrayList<>();
		for (int i = 0; i < 3_000; i++) {
			results.add(carry(NODE, i));
		}
		assertThat(this.underway).hasSize(PollCarriage.MAX_UNDERWAY);
		assertThat(this.carriage.waiting()).isEqualTo(3_000 - PollCarriage.MAX_UNDERWAY);
		for (int i = 0; i < 3_000; i++) {
			assertThat(this.underway.size() - i).isLessThanOrEqualTo(PollCarriage.MAX_UNDERWAY);
			this.underway.get(i).complete(new byte[] { 1 });
			assertThat(this.sent.get(i)).isEqualTo((byte) i);
		}
		assertThat(results).allMatch(CompletableFuture::isDone);
		assertThat(this.carriage.waiting()).isZero();
	}

	@Test
	void aNodeThatDoesNotAnswerHoldsUpNoOther() {
		for (int i = 0; i < 200; i++) {
			carry(NODE, 1);
		}
		carry(UUID.randomUUID(), 2);
		assertThat(this.sent).endsWith((byte) 2);
	}

	@Test
	void whatWaitsForANodeThatHasGoneEndsAtOnce() {
		List<CompletableFuture<byte @Nullable []>> results = new ArrayList<>();
		AtomicBoolean gone = new AtomicBoolean();
		CompletableFuture<byte @Nullable []> first = new CompletableFuture<>();
		PollCarriage carriage = new PollCarriage(
				(node, kind, body) -> gone.get() ? CompletableFuture.completedFuture(null) : first);
		for (int i = 0; i < 20_000; i++) {
			results.add(carriage.carry(NODE, Kind.POLL, 1, () -> new byte[1]));
		}
		gone.set(true);
		first.complete(null);
		assertThat(results).allMatch(CompletableFuture::isDone);
		assertThat(carriage.waiting()).isZero();
	}

	@Test
	void thereIsRoomForSoMuch() {
		for (int i = 0; i < PollCarriage.MAX_UNDERWAY; i++) {
			carry(NODE, i);
		}
		this.carriage.carry(NODE, Kind.POLL_ANSWER, PollCarriage.MAX_BYTES / 2, () -> new byte[1]);
		assertThatExceptionOfType(RejectedExecutionException.class).isThrownBy(
				() -> this.carriage.carry(NODE, Kind.POLL_ANSWER, PollCarriage.MAX_BYTES / 2, () -> new byte[1]));
		carry(UUID.randomUUID(), 1);
		assertThat(this.carriage.waiting()).isEqualTo(1);
	}

	@Test
	void whatIsNotNeededAnyMoreIsNotCarried() {
		for (int i = 0; i < PollCarriage.MAX_UNDERWAY; i++) {
			carry(NODE, i);
		}
		CompletableFuture<byte @Nullable []> needless = this.carriage.carry(NODE, Kind.POLL, 1, () -> null);
		CompletableFuture<byte @Nullable []> next = carry(NODE, 7);
		this.underway.get(0).completeExceptionally(new IllegalStateException());
		assertThat(needless).isCompletedExceptionally();
		assertThatExceptionOfType(CancellationException.class).isThrownBy(needless::join);
		assertThat(this.sent).hasSize(PollCarriage.MAX_UNDERWAY + 1).endsWith((byte) 7);
		assertThat(next).isNotDone();
	}

}
