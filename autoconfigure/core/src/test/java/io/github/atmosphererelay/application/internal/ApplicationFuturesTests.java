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

package io.github.atmosphererelay.application.internal;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.IntStream;

import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.guard.Guards;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.test.GrowingThreads;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import org.springframework.test.util.ReflectionTestUtils;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

/**
 * Tests of {@link ApplicationFutures}: what runs where, and who waits for whom.
 */
@Timeout(60)
class ApplicationFuturesTests {

	private static final String CHANNEL = "channel";

	private final ScheduledThreadPoolExecutor scheduler = new ScheduledThreadPoolExecutor(1);

	/** Completes the stages, as a relay does. */
	private final ExecutorService relay = Executors.newSingleThreadExecutor((task) -> new Thread(task, "relay"));

	private final CountDownLatch release = new CountDownLatch(1);

	private final Guard guard = new Guards().of(Part.CONTINUATIONS);

	private ApplicationFutures futures = new ApplicationFutures(new GrowingThreads(), this.scheduler, this.guard);

	@BeforeEach
	void start() {
		this.futures.start();
	}

	@AfterEach
	void stop() {
		this.release.countDown();
		this.futures.stop();
		this.relay.shutdownNow();
		this.scheduler.shutdownNow();
	}

	private void withThreads(int max) {
		this.futures.stop();
		this.futures = new ApplicationFutures(new GrowingThreads(max), this.scheduler, this.guard);
		this.futures.start();
	}

	private void complete(CompletableFuture<Integer> stage, int value) {
		this.relay.execute(() -> stage.complete(value));
	}

	private void block() {
		try {
			this.release.await();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	private CompletableFuture<Integer> blocked(Object key) {
		CompletableFuture<Integer> stage = new CompletableFuture<>();
		CountDownLatch begun = new CountDownLatch(1);
		CompletableFuture<Integer> future = this.futures.of(key, stage);
		future.thenRun(() -> {
			begun.countDown();
			block();
		});
		complete(stage, 0);
		await().until(() -> begun.getCount() == 0);
		return future;
	}

	@Test
	void aFutureFailsWithTheOriginalExceptionHoweverTheStageHasGotIt() throws Exception {
		IllegalStateException cause = new IllegalStateException("expected");
		CompletableFuture<Integer> stage = new CompletableFuture<>();
		CompletableFuture<Integer> dependent = stage.thenApply((value) -> value + 1);
		CompletableFuture<Integer> before = this.futures.of(CHANNEL, dependent);
		CompletableFuture<@Nullable Throwable> seen = before.handle((value, failure) -> failure);
		stage.completeExceptionally(cause);
		CompletableFuture<Integer> after = this.futures.of(CHANNEL, dependent);
		assertThat(seen.get(10, TimeUnit.SECONDS)).isSameAs(cause);
		assertThat(before.handle((value, failure) -> failure).join()).isSameAs(cause);
		assertThat(after.handle((value, failure) -> failure).join()).isSameAs(cause);
		assertThatThrownBy(after::join).isInstanceOf(CompletionException.class).hasCause(cause);
		assertThatThrownBy(before::get).isInstanceOf(ExecutionException.class).hasCause(cause);
	}

	@Test
	void aThreadCanJoinAFutureWhileAContinuationWaitsForItsLock() {
		ReentrantLock lock = new ReentrantLock();
		List<CompletableFuture<Void>> continuations = new ArrayList<>();
		for (int i = 0; i < 200; i++) {
			CompletableFuture<Integer> first = new CompletableFuture<>();
			CompletableFuture<Integer> second = new CompletableFuture<>();
			lock.lock();
			try {
				continuations.add(this.futures.of(CHANNEL, first).thenRun(() -> {
					lock.lock();
					lock.unlock();
				}));
				CompletableFuture<Integer> joined = this.futures.of(CHANNEL, second);
				complete(first, 1);
				complete(second, 2);
				assertThat(joined.join()).isEqualTo(2);
			}
			finally {
				lock.unlock();
			}
		}
		continuations.forEach(CompletableFuture::join);
	}

	@Test
	void aBlockedContinuationDelaysItsOwnChannelBrieflyAndOthersNotAtAll() {
		blocked(CHANNEL);
		List<CompletableFuture<Void>> others = new ArrayList<>();
		List<CompletableFuture<Void>> own = new ArrayList<>();
		for (int i = 0; i < 100; i++) {
			CompletableFuture<Integer> stage = new CompletableFuture<>();
			own.add(this.futures.of(CHANNEL, stage).thenRun(() -> {
			}));
			others.add(this.futures.of("other " + i, stage).thenRun(() -> {
			}));
			complete(stage, i);
		}
		others.forEach(CompletableFuture::join);
		own.forEach(CompletableFuture::join);
		assertThat(this.futures.overtaken()).isPositive();
		assertThat(this.futures.activeThreads()).isPositive();
	}

	@Test
	void manyBlockedContinuationsOfAChannelDoNotBlockTheNext() {
		List<Integer> begun = new CopyOnWriteArrayList<>();
		for (int i = 0; i < 20; i++) {
			CompletableFuture<Integer> stage = new CompletableFuture<>();
			this.futures.of(CHANNEL, stage).thenAccept((value) -> {
				begun.add(value);
				block();
			});
			complete(stage, i);
		}
		CompletableFuture<Integer> last = new CompletableFuture<>();
		CompletableFuture<Void> seen = this.futures.of(CHANNEL, last).thenRun(() -> {
		});
		complete(last, 20);
		seen.join();
		assertThat(begun).containsExactlyElementsOf(IntStream.range(0, 20).boxed().toList());
	}

	@Test
	void continuationsOfAChannelRunInOrderOneAtATime() {
		List<Integer> seen = new ArrayList<>();
		AtomicInteger within = new AtomicInteger();
		AtomicInteger overlaps = new AtomicInteger();
		CompletableFuture<Void> last = new CompletableFuture<>();
		for (int i = 0; i < 5_000; i++) {
			CompletableFuture<Integer> stage = new CompletableFuture<>();
			last = this.futures.of(CHANNEL, stage).thenAccept((value) -> {
				if (within.getAndIncrement() > 0) {
					overlaps.incrementAndGet();
				}
				seen.add(value);
				within.decrementAndGet();
			});
			complete(stage, i);
		}
		last.join();
		if (this.futures.overtaken() == 0) {
			assertThat(overlaps).hasValue(0);
		}
		assertThat(seen).containsExactlyElementsOf(IntStream.range(0, 5_000).boxed().toList());
	}

	@Test
	void noContinuationRunsOnTheThreadThatHasTheResult() throws InterruptedException {
		Set<String> threads = ConcurrentHashMap.newKeySet();
		List<CompletableFuture<?>> all = new ArrayList<>();
		for (int i = 0; i < 20_000; i++) {
			CompletableFuture<Integer> stage = new CompletableFuture<>();
			CompletableFuture<Integer> future = this.futures.of("key " + (i % 50), stage);
			complete(stage, i);
			// In every moment before, while and after the result comes.
			for (int spin = 0; spin < i % 300; spin++) {
				Thread.onSpinWait();
			}
			all.add(continued(future, i % 5, threads));
		}
		all.forEach(CompletableFuture::join);
		assertThat(threads).isNotEmpty()
			.allMatch(
					(name) -> name.startsWith(GrowingThreads.PREFIX) || name.equals(Thread.currentThread().getName()));
	}

	private static CompletableFuture<?> continued(CompletableFuture<Integer> future, int way, Set<String> threads) {
		Runnable record = () -> threads.add(Thread.currentThread().getName());
		return switch (way) {
			case 0 -> future.thenRun(record);
			case 1 -> CompletableFuture.allOf(future).thenRun(record);
			case 2 -> CompletableFuture.anyOf(future).thenRun(record);
			case 3 -> new CompletableFuture<Integer>().acceptEither(future, (value) -> record.run());
			default -> future.whenComplete((value, ex) -> record.run());
		};
	}

	@Test
	void futuresWithoutContinuationsCompleteTogether() {
		List<CompletableFuture<Integer>> all = new ArrayList<>();
		long before = this.scheduler.getTaskCount();
		for (int i = 0; i < 10_000; i++) {
			CompletableFuture<Integer> stage = new CompletableFuture<>();
			all.add(this.futures.of("key " + i, stage));
			complete(stage, i);
		}
		CompletableFuture<Void> everything = CompletableFuture.allOf(all.toArray(CompletableFuture[]::new));
		everything.join();
		assertThat(this.scheduler.getTaskCount() - before).isLessThan(2_000);
		await().until(() -> this.futures.waiting() == 0);
	}

	@Test
	void aContinuationThatIsRegisteredAfterTheResultRunsAtOnce() {
		CompletableFuture<Integer> stage = new CompletableFuture<>();
		CompletableFuture<Integer> future = this.futures.of(CHANNEL, stage);
		complete(stage, 7);
		assertThat(future.join()).isEqualTo(7);
		List<Thread> threads = new ArrayList<>();
		future.thenRun(() -> threads.add(Thread.currentThread()));
		CompletableFuture.completedFuture(1).thenCombine(future, (one, other) -> threads.add(Thread.currentThread()));
		CompletableFuture.completedFuture(1)
			.thenCompose((one) -> future)
			.thenRun(() -> threads.add(Thread.currentThread()));
		assertThat(threads).hasSize(3).containsOnly(Thread.currentThread());
		assertThat(future).isDone().isNotCancelled().isNotCompletedExceptionally();
		assertThat(future.getNow(0)).isEqualTo(7);
	}

	@Test
	void aContinuationGetsTheCauseOfWhatAJoinThrows() {
		CompletableFuture<Integer> stage = new CompletableFuture<>();
		CompletableFuture<Integer> future = this.futures.of(CHANNEL, stage.thenApply((value) -> value));
		CompletableFuture<Throwable> seen = future.handle((value, ex) -> ex);
		this.relay.execute(() -> stage.completeExceptionally(new IllegalStateException("no")));
		assertThatExceptionOfType(CompletionException.class).isThrownBy(future::join)
			.withCauseInstanceOf(IllegalStateException.class);
		assertThat(seen.join()).isInstanceOf(IllegalStateException.class);
		assertThat(future).isCompletedExceptionally();
	}

	@Test
	void theApplicationMayCompleteItsFutureItself() {
		CompletableFuture<Integer> completed = this.futures.of(CHANNEL, new CompletableFuture<>());
		CompletableFuture<Integer> waiting = CompletableFuture.supplyAsync(completed::join, this.relay);
		assertThat(completed.complete(3)).isTrue();
		assertThat(completed.complete(4)).isFalse();
		assertThat(waiting.join()).isEqualTo(3);
		CompletableFuture<Integer> cancelled = this.futures.of(CHANNEL, new CompletableFuture<>());
		assertThat(cancelled.cancel(true)).isTrue();
		assertThat(cancelled).isCancelled();
		assertThatExceptionOfType(CancellationException.class).isThrownBy(cancelled::join);
	}

	@Test
	void aTimeoutRunsContinuationsOnTheApplicationsThreads() {
		CompletableFuture<Integer> late = this.futures.of(CHANNEL, new CompletableFuture<>());
		CompletableFuture<String> thread = late.handle((value, ex) -> Thread.currentThread().getName());
		late.orTimeout(5, TimeUnit.MILLISECONDS);
		assertThat(thread.join()).startsWith(GrowingThreads.PREFIX);
		assertThatExceptionOfType(CompletionException.class).isThrownBy(late::join)
			.withCauseInstanceOf(TimeoutException.class);
		CompletableFuture<Integer> replaced = this.futures.of(CHANNEL, new CompletableFuture<>());
		assertThat(replaced.completeOnTimeout(5, 5, TimeUnit.MILLISECONDS).join()).isEqualTo(5);
	}

	@Test
	void whenAllThreadsAreBlockedContinuationsWaitAndJoinsDoNot() {
		withThreads(2);
		blocked("one");
		blocked("two");
		CompletableFuture<Integer> stage = new CompletableFuture<>();
		CompletableFuture<Integer> future = this.futures.of("three", stage);
		CompletableFuture<Void> seen = future.thenRun(() -> {
		});
		complete(stage, 3);
		assertThat(future.join()).isEqualTo(3);
		await().until(() -> this.futures.waiting() == 1);
		assertThat(seen).isNotDone();
		assertThat(this.futures.activeThreads()).isEqualTo(2);
		this.release.countDown();
		seen.join();
		await().until(() -> this.futures.waiting() == 0);
	}

	@Test
	void thereIsNoRoomWhileTheMaximumWaits() {
		withThreads(1);
		blocked("one");
		assertThat(this.futures.hasRoom()).isTrue();
		for (int i = 0; i < ApplicationFutures.MAX_WAITING; i++) {
			this.futures.execute("two", () -> {
			});
		}
		assertThat(this.futures.hasRoom()).isFalse();
		this.release.countDown();
		await().until(() -> this.futures.waiting() == 0);
		assertThat(this.futures.hasRoom()).isTrue();
	}

	@Test
	void afterTheStopContinuationsRunAtOnce() {
		this.futures.stop();
		CompletableFuture<Integer> stage = new CompletableFuture<>();
		CompletableFuture<Integer> future = this.futures.of(CHANNEL, stage);
		CompletableFuture<Integer> next = future.thenApply((value) -> value + 1);
		stage.complete(1);
		assertThat(next).isCompletedWithValue(2);
		this.futures.start();
		CompletableFuture<Integer> again = new CompletableFuture<>();
		CompletableFuture<String> thread = this.futures.of(CHANNEL, again)
			.thenApply((value) -> Thread.currentThread().getName());
		complete(again, 1);
		assertThat(thread.join()).startsWith(GrowingThreads.PREFIX);
	}

	@Test
	void anErrorWhenAThreadStartsDoesNotPreventCompletion() {
		this.futures.stop();
		GrowingThreads threads = new GrowingThreads();
		AtomicInteger errors = new AtomicInteger();
		this.futures = new ApplicationFutures(new ApplicationThreads() {

			@Override
			public Executor start() {
				Executor executor = threads.start();
				return (task) -> {
					if (errors.incrementAndGet() <= 3) {
						throw new OutOfMemoryError("unable to create native thread");
					}
					executor.execute(task);
				};
			}

			@Override
			public void stop() {
				threads.stop();
			}

		}, this.scheduler, this.guard);
		this.futures.start();
		CompletableFuture<Integer> stage = new CompletableFuture<>();
		CompletableFuture<Integer> next = this.futures.of(CHANNEL, stage).thenApply((value) -> value + 1);
		complete(stage, 1);
		assertThat(next.join()).isEqualTo(2);
		assertThat(errors).hasValueGreaterThanOrEqualTo(4);
	}

	/**
	 * Futures without a continuation are completed together, a little later.
	 */
	@Test
	void futuresOfASweepThatFailedAreCompletedByTheNext() {
		this.futures.stop();
		this.futures = new ApplicationFutures(new GrowingThreads(), this.scheduler, this.guard);
		OrderedTasksTests.failNextHandOver((OrderedTasks) ReflectionTestUtils.getField(this.futures, "tasks"));
		this.futures.start();
		CompletableFuture<Integer> first = new CompletableFuture<>();
		this.futures.of(CHANNEL, first);
		complete(first, 1);
		await().until(() -> this.guard.failures() == 1);
		assertThat(this.futures.waiting()).isPositive();
		CompletableFuture<Integer> second = new CompletableFuture<>();
		this.futures.of(CHANNEL, second);
		complete(second, 2);
		await().until(() -> this.futures.waiting() == 0);
		assertThat(this.guard.failures()).isOne();
	}

	@Test
	void stagesDoNotWaitForContinuationsOfTheApplication() {
		CompletableFuture<Integer> stage = new CompletableFuture<>();
		CompletableFuture<Integer> future = this.futures.of(CHANNEL, stage);
		future.thenRun(this::block);
		CompletableFuture<String> thread = ApplicationFutures.stage(future)
			.thenApply((value) -> Thread.currentThread().getName());
		complete(stage, 1);
		assertThat(thread.join()).isEqualTo("relay");
	}

}
