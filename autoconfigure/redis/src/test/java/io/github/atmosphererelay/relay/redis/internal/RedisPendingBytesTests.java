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
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;

import io.github.atmosphererelay.contract.RelayNode;
import io.github.atmosphererelay.contract.broker.RedisServers;
import io.github.atmosphererelay.guard.internal.Failures;
import io.github.atmosphererelay.message.Audience;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.relay.RelayOverloadedException;
import io.github.atmosphererelay.relay.redis.internal.RedisTestBroker.Driver;
import io.github.atmosphererelay.test.MachineTime;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link PendingBytes} and the links that count them.
 */
@Timeout(60)
class RedisPendingBytesTests {

	private static final Duration CONNECT = Duration.ofSeconds(10);

	private static final int SIZE = 1024 * 1024;

	private static final int FITTING = (int) (PendingBytes.MAX / SIZE) - 1;

	@Test
	void aMessageOverTheLimitByItselfIsAcceptedAlone() {
		PendingBytes bytes = new PendingBytes();
		int large = (int) PendingBytes.MAX + 1;
		assertThat(bytes.add(large)).isNull();
		assertThat(bytes.add(1)).hasMessageContaining(PendingBytes.MAX + " bytes");
		bytes.remove(large);
		assertThat(bytes.add(1)).isNull();
		assertThat(bytes.add(large)).isNotNull();
		assertThat(bytes.total()).isEqualTo(1);
	}

	@ParameterizedTest
	@EnumSource
	void largeMessagesAreRefusedWhileTheNetworkIsFrozenAndAcceptedAfterwards(Driver driver) {
		try (RedisServers.Standalone server = RedisServers.standalone();
				RedisTestBroker broker = new RedisTestBroker(driver, RedisServers.HOST, server.port())) {
			RelayNode node = new RelayNode(broker.proxiedRelay("bytes", new EnvelopeCodec(SIZE)));
			try {
				node.start().awaitRoundTrip(CONNECT);
				broker.proxy().stall();
				// Few more than fit: the first ones give their room back after a second
				List<CompletableFuture<Receipt>> frozen = publish(node, FITTING + 4);
				assertThat(frozen.subList(FITTING, FITTING + 4)).allSatisfy(RedisPendingBytesTests::assertOverloaded);
				MachineTime.await(Duration.ofSeconds(3))
					.until(() -> frozen.stream().allMatch(CompletableFuture::isDone));
				assertThat(frozen.subList(0, FITTING)).noneMatch(RedisPendingBytesTests::isOverloaded);
				if (driver == Driver.LETTUCE) {
					// Answered for, but still in its buffers
					assertOverloaded(publish(node, 2).get(1));
				}
				broker.proxy().resume();
				node.awaitRoundTrip(CONNECT);
				for (int sent = 0; sent < 2 * FITTING; sent += 7) {
					List<CompletableFuture<Receipt>> receipts = publish(node, 7);
					await().until(() -> receipts.stream().allMatch(CompletableFuture::isDone));
					assertThat(receipts).extracting(CompletableFuture::join)
						.extracting(Receipt::outcome)
						.containsOnly(Outcome.RELAYED);
				}
			}
			finally {
				node.relay().stop();
			}
		}
	}

	private static List<CompletableFuture<Receipt>> publish(RelayNode node, int count) {
		Payload payload = Payload.binary(new byte[SIZE]);
		return IntStream.range(0, count)
			.mapToObj((i) -> node.relay().publish(node.envelope(new Audience.Channel("room", null), payload)))
			.toList();
	}

	private static void assertOverloaded(CompletableFuture<Receipt> receipt) {
		assertThat(receipt).isCompletedExceptionally();
		assertThat(isOverloaded(receipt)).isTrue();
	}

	private static boolean isOverloaded(CompletableFuture<Receipt> receipt) {
		return receipt.handle((result, ex) -> ex != null && Failures.unwrap(ex) instanceof RelayOverloadedException)
			.join();
	}

}
