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
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

import io.github.atmosphererelay.cluster.Cluster;
import io.github.atmosphererelay.cluster.SessionQuery;
import io.github.atmosphererelay.contract.broker.Broker;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.test.TestNode;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Continuations of an application on a real broker: they may block, and hold up neither
 * the relay nor each other.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(120)
abstract class AbstractContinuationTests {

	private static final List<String> CHANNELS = List.of("chat/a", "log/a");

	private @Nullable Broker broker;

	private TestNode node;

	/**
	 * Start a broker for this class, if it needs one.
	 */
	abstract @Nullable Broker startBroker();

	String[] properties() {
		return new String[0];
	}

	@BeforeAll
	void start() {
		this.broker = startBroker();
		List<String> properties = new ArrayList<>(List.of("atmosphere.channels[0].pattern=chat/**",
				"atmosphere.channels[1].pattern=log/**", "atmosphere.channels[1].history.size=1000"));
		if (this.broker != null) {
			properties.addAll(List.of(this.broker.directProperties()));
		}
		properties.addAll(List.of(properties()));
		this.node = TestNode.start(properties.toArray(String[]::new));
		await().until(() -> this.node.messaging().monitor().isUp());
	}

	@AfterAll
	void stop() {
		this.node.close();
		if (this.broker != null) {
			this.broker.close();
		}
	}

	private static boolean isForContinuations(String thread) {
		return thread.startsWith("atmosphere-continuation-") || thread.equals(Thread.currentThread().getName());
	}

	@Test
	void aPublisherThatHoldsALockJoinsALaterMessageWhileTheContinuationOfAnEarlierOneWantsTheLock() {
		Broadcaster broadcaster = this.node.broadcaster();
		ReentrantLock lock = new ReentrantLock();
		for (String channel : CHANNELS) {
			for (int i = 0; i < 50; i++) {
				CompletableFuture<Void> first;
				lock.lock();
				try {
					first = broadcaster.broadcast(channel, "first").thenRun(() -> {
						lock.lock();
						lock.unlock();
					});
					broadcaster.broadcast(channel, "second").orTimeout(10, TimeUnit.SECONDS).join();
					broadcaster.broadcast(CHANNELS.get(i % 2), "third").orTimeout(10, TimeUnit.SECONDS).join();
				}
				finally {
					lock.unlock();
				}
				first.orTimeout(10, TimeUnit.SECONDS).join();
			}
		}
	}

	@Test
	void publishersThatHoldLocksWhichTheirContinuationsTakeGoOn() {
		Broadcaster broadcaster = this.node.broadcaster();
		int publishers = 2;
		int messages = 1_000;
		AtomicInteger continued = new AtomicInteger();
		Set<String> threads = ConcurrentHashMap.newKeySet();
		List<ReentrantLock> locks = List.of(new ReentrantLock(), new ReentrantLock());
		List<CompletableFuture<Void>> ends = new ArrayList<>();
		for (int i = 0; i < publishers; i++) {
			ReentrantLock lock = locks.get(i);
			ends.add(CompletableFuture.runAsync(() -> {
				for (int n = 0; n < messages; n++) {
					lock.lock();
					try {
						broadcaster.broadcast(CHANNELS.get(ThreadLocalRandom.current().nextInt(2)), "text " + n)
							.whenComplete((receipt, ex) -> {
								lock.lock();
								lock.unlock();
								threads.add(Thread.currentThread().getName());
								continued.incrementAndGet();
							});
					}
					finally {
						lock.unlock();
					}
				}
			}, (task) -> new Thread(task, Thread.currentThread().getName()).start()));
		}
		ends.forEach((end) -> end.orTimeout(60, TimeUnit.SECONDS).join());
		await().until(() -> continued.get() == publishers * messages);
		assertThat(threads).allMatch(AbstractContinuationTests::isForContinuations);
	}

	@Test
	void aBlockedContinuationOfAnyFutureHoldsUpNeitherTheRelayNorOtherFutures() {
		Broadcaster broadcaster = this.node.broadcaster();
		Cluster cluster = this.node.bean(Cluster.class);
		CountDownLatch release = new CountDownLatch(1);
		Set<String> threads = ConcurrentHashMap.newKeySet();
		Runnable block = () -> {
			threads.add(Thread.currentThread().getName());
			try {
				release.await();
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
		};
		List<CompletableFuture<Void>> blocked = new ArrayList<>();
		try {
			// Registered on a thread of their own: what is known at once runs there.
			for (int i = 0; i < 5; i++) {
				blocked.add(later(() -> broadcaster.broadcast("log/a", "blocked").thenRun(block)));
				blocked.add(later(() -> broadcaster.broadcast("chat/a", "blocked").thenRun(block)));
				blocked.add(later(() -> broadcaster.toUser("alice", "blocked").thenRun(block)));
				blocked.add(later(() -> broadcaster.toEveryone("blocked").thenRun(block)));
				blocked.add(later(() -> broadcaster.position("log/a").thenRun(block)));
				blocked.add(later(() -> broadcaster.history("log/a", null, 10).thenRun(block)));
				blocked.add(later(() -> cluster.sessions(new SessionQuery(null, null, null, 10)).thenRun(block)));
				blocked
					.add(later(() -> cluster.ask("nothing", Payload.text(""), Duration.ofSeconds(5)).thenRun(block)));
				blocked.add(later(() -> cluster.subscribe("nobody", "chat/a").thenRun(block)));
				blocked.add(later(
						() -> cluster.broadcastAcknowledged("log/a", "counted", Duration.ofSeconds(5)).thenRun(block)));
			}
			for (String channel : CHANNELS) {
				for (int i = 0; i < 100; i++) {
					Receipt receipt = broadcaster.broadcast(channel, "text")
						.thenApply((known) -> known)
						.orTimeout(10, TimeUnit.SECONDS)
						.join();
					assertThat(receipt.messageId()).isNotNull();
				}
			}
			assertThat(broadcaster.position("log/a").orTimeout(10, TimeUnit.SECONDS).join()).isNotNull();
			assertThat(cluster.sessions(new SessionQuery(null, null, null, 10))
				.thenApply((page) -> page.sessions().size())
				.orTimeout(10, TimeUnit.SECONDS)
				.join()).isZero();
			assertThat(this.node.messaging().monitor().isUp()).isTrue();
		}
		finally {
			release.countDown();
		}
		blocked.forEach((each) -> each.orTimeout(10, TimeUnit.SECONDS).join());
		assertThat(threads).allMatch((name) -> isForContinuations(name) || name.startsWith("caller-"));
	}

	private static CompletableFuture<Void> later(Supplier<CompletableFuture<Void>> call) {
		CompletableFuture<Void> end = new CompletableFuture<>();
		new Thread(() -> call.get().whenComplete((nothing, ex) -> end.complete(null)), "caller-").start();
		return end;
	}

}
