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

package io.github.atmosphererelay.endpoint.internal;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;

import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.guard.Guards;
import io.github.atmosphererelay.guard.Part;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link SessionLanes}, on an executor that runs when it is told to.
 */
class SessionLanesTests {

	private final List<Runnable> waiting = new ArrayList<>();

	private final List<String> done = new ArrayList<>();

	private final HandlerStatistics statistics = new HandlerStatistics();

	private final Guard guard = new Guards().of(Part.HANDLERS);

	private final SessionLanes lanes = new SessionLanes(new LaneLimits(2, 100, 4, 250), this.statistics, this.guard);

	private void runOne() {
		this.waiting.remove(0).run();
	}

	private void runAll() {
		while (!this.waiting.isEmpty()) {
			runOne();
		}
	}

	private Task task(String name) {
		return task(name, Task.DONE);
	}

	private Task task(String name, CompletionStage<?> end) {
		return new Task() {

			@Override
			public CompletionStage<?> run() {
				SessionLanesTests.this.done.add(name);
				return end;
			}

			@Override
			public void discard() {
				SessionLanesTests.this.done.add(name + " discarded");
			}

		};
	}

	@Test
	void tasksAreAcceptedOnlyBetweenStartAndStop() {
		assertThat(this.lanes.offer("a", task("1"), 1)).isEqualTo(SessionLanes.Offer.STOPPED);
		this.lanes.start(this.waiting::add);
		assertThat(this.lanes.offer("a", task("2"), 1)).isEqualTo(SessionLanes.Offer.TAKEN);
		runAll();
		assertThat(this.lanes.stop(Duration.ofSeconds(1))).isZero();
		assertThat(this.lanes.offer("a", task("3"), 1)).isEqualTo(SessionLanes.Offer.STOPPED);
		this.lanes.add("a", task("4"));
		this.lanes.start(this.waiting::add);
		assertThat(this.lanes.offer("a", task("5"), 1)).isEqualTo(SessionLanes.Offer.TAKEN);
		runAll();
		assertThat(this.done).containsExactly("2", "4 discarded", "5");
	}

	@Test
	void aLaneContinuesAfterAnErrorInATaskOrInTheExecutor() {
		this.lanes.start(this.waiting::add);
		this.lanes.add("a", new Task() {

			@Override
			public CompletionStage<?> run() {
				throw new OutOfMemoryError("injected");
			}

			@Override
			public void discard() {
			}

		});
		this.lanes.add("a", task("1"));
		runAll();
		assertThat(this.done).containsExactly("1");
		this.lanes.start((run) -> {
			throw new OutOfMemoryError("unable to create native thread");
		});
		this.lanes.add("a", task("2"));
		assertThat(this.done).containsExactly("1", "2 discarded");
		this.lanes.start(this.waiting::add);
		this.lanes.add("a", task("3"));
		runAll();
		assertThat(this.done).containsExactly("1", "2 discarded", "3");
		assertThat(this.guard.failures()).isEqualTo(2);
		assertThat(this.lanes.stop(Duration.ofSeconds(1))).isZero();
	}

	/**
	 * A handler that stands still, because its database does, must not fill the heap with
	 * what clients go on sending: 64 messages of 64 KB for each of 100 clients are 400
	 * MB.
	 */
	@Test
	void queuedTasksAreBoundedInBytes() {
		this.lanes.start(this.waiting::add);
		assertThat(this.lanes.offer("a", task("a1"), 80)).isEqualTo(SessionLanes.Offer.TAKEN);
		assertThat(this.lanes.offer("a", task("a2"), 30)).isEqualTo(SessionLanes.Offer.SESSION_TOO_MANY);
		assertThat(this.lanes.offer("a", task("a3"), 20)).isEqualTo(SessionLanes.Offer.TAKEN);
		assertThat(this.lanes.offer("b", task("b1"), 120)).isEqualTo(SessionLanes.Offer.TAKEN);
		assertThat(this.lanes.hasRoom()).isTrue();
		assertThat(this.lanes.offer("c", task("c1"), 31)).isEqualTo(SessionLanes.Offer.TOO_MANY);
		assertThat(this.lanes.offer("c", task("c2"), 30)).isEqualTo(SessionLanes.Offer.TAKEN);
		assertThat(this.lanes.hasRoom()).isFalse();
		assertThat(this.statistics.queuedBytes()).isEqualTo(250);
		runAll();
		assertThat(this.done).containsExactlyInAnyOrder("a1", "a3", "b1", "c2");
		assertThat(this.statistics.queuedBytes()).isZero();
		assertThat(this.lanes.offer("d", task("d1"), 1000)).isEqualTo(SessionLanes.Offer.TAKEN);
		assertThat(this.lanes.offer("e", task("e1"), 1)).isEqualTo(SessionLanes.Offer.TOO_MANY);
		assertThat(this.lanes.stop(Duration.ZERO)).isEqualTo(1);
		assertThat(this.statistics.queuedBytes()).isZero();
	}

	@Test
	void theBytesOfAMessageCountUntilItsHandlerIsDone() {
		this.lanes.start(this.waiting::add);
		CompletableFuture<Void> end = new CompletableFuture<>();
		assertThat(this.lanes.offer("a", task("a1", end), 250)).isEqualTo(SessionLanes.Offer.TAKEN);
		runAll();
		assertThat(this.statistics.queued()).isZero();
		assertThat(this.lanes.offer("b", task("b1"), 1)).isEqualTo(SessionLanes.Offer.TOO_MANY);
		end.complete(null);
		assertThat(this.lanes.offer("b", task("b2"), 1)).isEqualTo(SessionLanes.Offer.TAKEN);
		runAll();
		assertThat(this.done).containsExactly("a1", "b2");
	}

	@Test
	void queuedTasksAreBoundedForEachSessionAndInTotal() {
		this.lanes.start(this.waiting::add);
		assertThat(this.lanes.offer("a", task("a1"), 1)).isEqualTo(SessionLanes.Offer.TAKEN);
		assertThat(this.lanes.offer("a", task("a2"), 1)).isEqualTo(SessionLanes.Offer.TAKEN);
		assertThat(this.lanes.offer("a", task("a3"), 1)).isEqualTo(SessionLanes.Offer.SESSION_TOO_MANY);
		assertThat(this.lanes.hasRoom()).isTrue();
		assertThat(this.lanes.offer("b", task("b1"), 1)).isEqualTo(SessionLanes.Offer.TAKEN);
		assertThat(this.lanes.offer("c", task("c1"), 1)).isEqualTo(SessionLanes.Offer.TAKEN);
		assertThat(this.lanes.hasRoom()).isFalse();
		assertThat(this.lanes.offer("d", task("d1"), 1)).isEqualTo(SessionLanes.Offer.TOO_MANY);
		this.lanes.add("a", task("a4"));
		assertThat(this.statistics.queued()).isEqualTo(5);
		assertThat(this.waiting).hasSize(3);
		runAll();
		assertThat(this.done).containsExactly("a1", "a2", "a4", "b1", "c1");
		assertThat(this.statistics.queued()).isZero();
		assertThat(this.lanes.hasRoom()).isTrue();
		assertThat(this.lanes.offer("a", task("a5"), 1)).isEqualTo(SessionLanes.Offer.TAKEN);
		runAll();
		assertThat(this.done).endsWith("a5");
	}

	@Test
	void aTaskWithAnOpenFutureDelaysItsOwnLaneOnly() {
		CompletableFuture<Void> end = new CompletableFuture<>();
		this.lanes.start(this.waiting::add);
		this.lanes.offer("a", task("a1", end), 1);
		this.lanes.offer("a", task("a2"), 1);
		this.lanes.offer("b", task("b1"), 1);
		runAll();
		assertThat(this.done).containsExactly("a1", "b1");
		end.complete(null);
		runAll();
		assertThat(this.done).containsExactly("a1", "b1", "a2");
	}

	@Test
	void aTaskThatFailsDoesNotBlockItsLane() {
		this.lanes.start(this.waiting::add);
		this.lanes.offer("a", () -> {
			throw new IllegalStateException("a task of the test");
		}, 1);
		this.lanes.offer("a", task("a2"), 1);
		runAll();
		assertThat(this.done).containsExactly("a2");
		assertThat(this.lanes.stop(Duration.ZERO)).isZero();
	}

	@Test
	void tasksThatAreQueuedAtTheStopAreDiscarded() {
		CompletableFuture<Void> end = new CompletableFuture<>();
		this.lanes.start(this.waiting::add);
		this.lanes.offer("a", task("a1", end), 1);
		this.lanes.offer("a", task("a2"), 1);
		this.lanes.offer("b", task("b1"), 1);
		runOne();
		assertThat(this.lanes.stop(Duration.ofMillis(20))).isEqualTo(3);
		assertThat(this.done).containsExactlyInAnyOrder("a1", "a2 discarded", "b1 discarded");
		assertThat(this.statistics.queued()).isZero();
		end.complete(null);
		runAll();
		assertThat(this.done).hasSize(3);
		assertThat(this.lanes.stop(Duration.ZERO)).isZero();
	}

	@Test
	void tasksThatTheExecutorRejectsAreDiscarded() {
		this.lanes.start((task) -> {
			throw new RejectedExecutionException("full");
		});
		this.lanes.offer("a", task("a1"), 1);
		this.lanes.execute(() -> this.done.add("rest"));
		assertThat(this.done).containsExactly("a1 discarded", "rest");
		assertThat(this.lanes.hasRoom()).isTrue();
	}

	@Test
	void aBusyLaneDoesNotStarveOthers() {
		SessionLanes wide = new SessionLanes(new LaneLimits(100, 100, 100, 100), this.statistics, this.guard);
		wide.start(this.waiting::add);
		for (int i = 0; i < 20; i++) {
			wide.offer("a", task("a"), 1);
		}
		wide.offer("b", task("b"), 1);
		runOne();
		runOne();
		assertThat(this.done).hasSize(9).endsWith("b");
		runAll();
		assertThat(this.done).hasSize(21);
	}

}
