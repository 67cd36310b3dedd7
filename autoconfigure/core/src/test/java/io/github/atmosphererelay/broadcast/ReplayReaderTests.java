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

package io.github.atmosphererelay.broadcast;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

import io.github.atmosphererelay.broadcast.ReplayReader.Replay;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.relay.ClusterRelay;
import io.github.atmosphererelay.relay.LogPage;
import io.github.atmosphererelay.relay.PageLimit;
import io.github.atmosphererelay.relay.ReadDirection;
import io.github.atmosphererelay.relay.RelayMonitor;
import io.github.atmosphererelay.session.LocalSession;
import io.github.atmosphererelay.session.ReplayBudget;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;

/**
 * Tests for {@link ReplayReader}: a read that ends in an Error is answered, and takes no
 * room of the budget any more.
 */
class ReplayReaderTests {

	private static final Position POSITION = new Position("epoch", 3);

	private static final LogPage EMPTY = new LogPage(List.of(), POSITION, true);

	private static final Error INJECTED = new InternalError("injected");

	private final ClusterRelay relay = mock();

	private final RelayMonitor monitor = mock();

	private final LocalSession session = mock();

	private final ReplayBudget budget = new ReplayBudget(100_000, 10_000);

	private final ReplayReader reader = new ReplayReader(this.monitor, this.budget);

	private final Supplier<CompletableFuture<Replay>> page = () -> this.reader.readPage(this.session, "log/a", POSITION,
			10, ReadDirection.FORWARD);

	private final Supplier<CompletableFuture<Replay>> all = () -> this.reader.readAll(this.session, "log/a", POSITION,
			new PageLimit(10, 1_000));

	@BeforeEach
	void useRelay() {
		given(this.monitor.relay()).willReturn(this.relay);
		given(this.session.id()).willReturn("session");
		given(this.session.isOpen()).willReturn(true);
	}

	/**
	 * Return a page that fails when it is looked into.
	 */
	private static LogPage failing() {
		LogPage page = mock();
		given(page.complete()).willReturn(true);
		given(page.publications()).willThrow(INJECTED);
		return page;
	}

	private void assertFails(CompletableFuture<Replay> replay) {
		assertThat(replay).failsWithin(Duration.ZERO).withThrowableThat().withCause(INJECTED);
		assertThat(this.budget.bytes()).isZero();
	}

	private void assertReads(CompletableFuture<Replay> replay) {
		assertThat(replay).isCompleted();
		assertThat(this.budget.bytes()).isPositive();
		replay.join().reservation().release();
		assertThat(this.budget.bytes()).isZero();
	}

	@Test
	void anErrorOfTheRelayGivesTheRoomBack() {
		for (Supplier<CompletableFuture<Replay>> read : List.of(this.page, this.all)) {
			given(this.relay.read(any(), any(), any(), any())).willThrow(INJECTED)
				.willReturn(CompletableFuture.completedFuture(EMPTY));
			assertFails(read.get());
			assertReads(read.get());
		}
	}

	@Test
	void anErrorWhenAPageIsTakenGivesTheRoomBackWhetherItComesAtOnceOrLater() {
		for (Supplier<CompletableFuture<Replay>> read : List.of(this.page, this.all)) {
			CompletableFuture<LogPage> later = new CompletableFuture<>();
			LogPage failing = failing();
			given(this.relay.read(any(), any(), any(), any())).willReturn(CompletableFuture.completedFuture(failing))
				.willReturn(later)
				.willReturn(CompletableFuture.completedFuture(EMPTY));
			assertFails(read.get());
			CompletableFuture<Replay> waiting = read.get();
			assertThat(waiting).isNotDone();
			later.complete(failing);
			assertFails(waiting);
			assertReads(read.get());
		}
	}

}
