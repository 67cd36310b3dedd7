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

package io.github.atmosphererelay.relay.redis.internal;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;

import io.github.atmosphererelay.contract.RelayNode;
import io.github.atmosphererelay.contract.broker.RedisServers;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Audience;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import io.github.atmosphererelay.relay.redis.internal.RedisTestBroker.Driver;
import io.github.atmosphererelay.test.MachineTime;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import redis.clients.jedis.Jedis;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link JedisPublisher}'s deadlines on a network that is frozen or slow.
 */
@Timeout(60)
class JedisPublishTimeoutTests {

	private static final Duration CONNECT = Duration.ofSeconds(10);

	private static final EnvelopeCodec CODEC = new EnvelopeCodec(32 * 1024 * 1024);

	private static final Address ROOM = new Address.Channel("room");

	private final RedisServers.Standalone server = RedisServers.standalone();

	private final RedisTestBroker broker = new RedisTestBroker(Driver.JEDIS, RedisServers.HOST, this.server.port());

	private final RelayNode publisher = new RelayNode(this.broker.proxiedRelay("deadlines", CODEC));

	private final RelayNode reader = new RelayNode(this.broker.relay("deadlines", CODEC));

	@BeforeEach
	void start() {
		try (Jedis admin = new Jedis(RedisServers.HOST, this.server.port())) {
			// Redis would end a reader that is behind with messages as large as these
			admin.configSet("client-output-buffer-limit", "pubsub 0 0 0");
		}
		this.publisher.start().awaitRoundTrip(CONNECT);
		this.reader.start().awaitRoundTrip(CONNECT);
		this.reader.subscribe(ROOM);
	}

	@AfterEach
	void stop() {
		this.publisher.relay().stop();
		this.reader.relay().stop();
		this.broker.close();
		this.server.close();
	}

	@ParameterizedTest
	@CsvSource({ "2, 16777216", "20, 1048576", "5000, 100" })
	void everyReceiptIsTrueAndInTimeThoughTheNetworkIsFrozen(int count, int size) {
		this.broker.proxy().stall();
		assertTrueAndInTime(publish(count, size));
	}

	@Test
	void everyReceiptIsTrueAndInTimeThoughTheNetworkIsSlow() {
		this.broker.proxy().slow(Duration.ofMillis(100));
		assertTrueAndInTime(publish(1500, 1000));
	}

	private List<Sent> publish(int count, int size) {
		Payload payload = Payload.binary(new byte[size]);
		List<Sent> sent = new ArrayList<>();
		for (int i = 0; i < count; i++) {
			Envelope envelope = this.publisher.envelope(new Audience.Channel("room", null), payload);
			sent.add(new Sent(envelope.id(), this.publisher.relay().publish(envelope)));
		}
		return sent;
	}

	private void assertTrueAndInTime(List<Sent> all) {
		MachineTime.await(Duration.ofMillis(2500)).until(() -> all.stream().allMatch((sent) -> sent.receipt.isDone()));
		List<UUID> order = new ArrayList<>(all.stream().map(Sent::id).toList());
		List<UUID> refused = all.stream().filter(Sent::isRefused).map(Sent::id).toList();
		List<UUID> relayed = all.stream().filter(Sent::isRelayed).map(Sent::id).toList();
		assertThat(refused).as("still in the queue").isNotEmpty();
		assertThat(refused.size() + relayed.size()).as("some are unconfirmed").isLessThan(all.size());
		this.broker.proxy().resume();
		this.publisher.awaitRoundTrip(CONNECT);
		for (int i = 0; i < 10; i++) {
			// The connection may only now be found to be dead, and be made anew
			order.add(MachineTime.await(CONNECT)
				.ignoreExceptionsInstanceOf(CompletionException.class)
				.until(() -> this.publisher.publish("room", "afterwards"), Objects::nonNull)
				.id());
		}
		MachineTime.await(CONNECT).until(() -> this.reader.receivedIds().contains(order.get(order.size() - 1)));
		List<UUID> received = this.reader.receivedIds();
		assertThat(received).containsAll(relayed).doesNotContainAnyElementsOf(refused).doesNotHaveDuplicates();
		assertThat(order).containsSubsequence(received);
	}

	private record Sent(UUID id, CompletableFuture<Receipt> receipt) {

		private boolean isRelayed() {
			return !this.receipt.isCompletedExceptionally() && this.receipt.join().outcome() == Outcome.RELAYED;
		}

		private boolean isRefused() {
			if (!this.receipt.isCompletedExceptionally()) {
				return false;
			}
			try {
				this.receipt.get();
				return false;
			}
			catch (ExecutionException ex) {
				assertThat(ex).hasCauseInstanceOf(RelayUnavailableException.class);
				return true;
			}
			catch (InterruptedException ex) {
				throw new IllegalStateException(ex);
			}
		}

	}

}
