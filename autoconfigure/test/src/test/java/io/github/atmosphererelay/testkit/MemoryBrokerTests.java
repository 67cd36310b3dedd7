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

package io.github.atmosphererelay.testkit;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.contract.RelayNode;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Audience;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.LogOptions;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.WireFormatException;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.ClusterRelay;
import io.github.atmosphererelay.relay.ReadDirection;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.relay.RelayListener;
import io.github.atmosphererelay.relay.RelayOverloadedException;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link MemoryBroker} while it is away, and for nodes that are slow: what the
 * contract suites need a network for.
 */
@Timeout(60)
class MemoryBrokerTests {

	private static final LogOptions LONG = new LogOptions(100, Duration.ofHours(1), null, Duration.ofMinutes(5));

	private static final Duration SOON = Duration.ofSeconds(10);

	private final MemoryBroker broker = new MemoryBroker();

	private final List<ClusterRelay> relays = new ArrayList<>();

	@AfterEach
	void stop() {
		this.relays.forEach(ClusterRelay::stop);
	}

	private RelayNode node() {
		ClusterRelay relay = this.broker.relay(new EnvelopeCodec(1024 * 1024));
		this.relays.add(relay);
		return new RelayNode(relay).start();
	}

	@Test
	void whileItIsAwayNothingIsPublishedOrRead() {
		RelayNode node = node();
		node.relay().publish(node.recorded("log", "before", LONG)).join();
		this.broker.takeAway();
		assertThat(this.broker.isAway()).isTrue();
		assertUnavailable(node.relay().publish(node.envelope("room", "x")));
		assertUnavailable(node.relay().publish(node.recorded("log", "x", LONG)));
		assertUnavailable(node.log().read("log", null, 10, ReadDirection.FORWARD));
		assertUnavailable(node.log().position("log"));
		assertUnavailable(node.log().resume("log", new Position("epoch", 0), 0));
		this.broker.bringBack();
		assertThat(node.log().read("log", null, 10, ReadDirection.FORWARD).join().publications())
			.extracting((each) -> each.payload().asText())
			.containsExactly("before");
	}

	private static void assertUnavailable(CompletableFuture<?> future) {
		assertThat(future).failsWithin(Duration.ZERO)
			.withThrowableOfType(Exception.class)
			.withCauseInstanceOf(RelayUnavailableException.class);
	}

	@Test
	void whatWasPublishedBeforeItWentStillArrives() {
		RelayNode one = node();
		RelayNode two = node();
		two.subscribe(new Address.Channel("room"));
		List<UUID> sent = new ArrayList<>();
		for (int i = 0; i < 100; i++) {
			sent.add(one.publish("room", "text " + i).id());
		}
		this.broker.takeAway();
		await().untilAsserted(() -> assertThat(two.receivedIds()).isEqualTo(sent));
	}

	@Test
	void subscriptionsStayOpenUntilItIsBackAndFormerOnesAreToldOfAGap() {
		RelayNode one = node();
		RelayNode two = node();
		two.subscribe(new Address.Channel("old"));
		this.broker.takeAway();
		await().until(() -> two.disconnects() == 1);
		CompletableFuture<@Nullable Void> open = two.relay().subscribe(new Address.Channel("new"));
		CompletableFuture<@Nullable Void> left = two.relay().subscribe(new Address.Channel("left"));
		two.relay().unsubscribe(new Address.Channel("left"));
		assertThat(left).isCancelled();
		assertThat(open).isNotDone();
		this.broker.bringBack();
		assertThat(open).succeedsWithin(SOON);
		Envelope toOld = one.publish("old", "x");
		Envelope toNew = one.publish("new", "x");
		await().untilAsserted(() -> assertThat(two.receivedIds()).containsExactly(toOld.id(), toNew.id()));
		assertThat(two.gaps()).containsExactly(new Address.Channel("old"));
		assertThat(two.connects()).isEqualTo(2);
	}

	@Test
	void aRelayThatStopsWhileItIsAwayFailsItsOpenSubscriptionsAndCanStartAgain() {
		RelayNode node = node();
		this.broker.takeAway();
		CompletableFuture<@Nullable Void> open = node.relay().subscribe(new Address.Channel("room"));
		node.relay().stop();
		assertUnavailable(open);
		assertUnavailable(node.relay().subscribe(new Address.Channel("room")));
		node.start();
		CompletableFuture<@Nullable Void> again = node.relay().subscribe(new Address.Channel("room"));
		assertThat(again).isNotDone();
		this.broker.bringBack();
		assertThat(again).succeedsWithin(SOON);
	}

	@Test
	void aNodeThatTakesNothingMakesPublishersFailRatherThanMemory() throws InterruptedException {
		RelayNode publisher = node();
		CountDownLatch taken = new CountDownLatch(1);
		CountDownLatch goOn = new CountDownLatch(1);
		ClusterRelay slow = this.broker.relay(new EnvelopeCodec(1024 * 1024));
		this.relays.add(slow);
		slow.start(new StuckListener(taken, goOn));
		slow.subscribe(new Address.Channel("room"));
		publisher.publish("room", "stuck");
		assertThat(taken.await(10, TimeUnit.SECONDS)).isTrue();
		Envelope large = publisher.envelope(new Audience.Channel("room", null), Payload.binary(new byte[1024 * 1024]));
		CompletableFuture<Receipt> receipt = publisher.relay().publish(large);
		int accepted = 0;
		while (!receipt.isCompletedExceptionally()) {
			accepted++;
			receipt = publisher.relay().publish(large);
		}
		assertThat(receipt).failsWithin(Duration.ZERO)
			.withThrowableOfType(Exception.class)
			.withCauseInstanceOf(RelayOverloadedException.class);
		assertThat(accepted).isEqualTo(63);
		publisher.publish("other", "nobody who is stuck follows this");
		goOn.countDown();
		await().atMost(SOON).until(() -> !publisher.relay().publish(large).isCompletedExceptionally());
	}

	/**
	 * Does not return from the first envelope before it may.
	 */
	private record StuckListener(CountDownLatch taken, CountDownLatch goOn) implements RelayListener {

		@Override
		public void received(Envelope envelope, @Nullable Position position) {
			this.taken.countDown();
			try {
				this.goOn.await(30, TimeUnit.SECONDS);
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
		}

		@Override
		public void rejected(WireFormatException.Reason reason) {
		}

		@Override
		public void gap(Address address) {
		}

		@Override
		public void connectionChanged(boolean connected) {
		}

	}

}
