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

import java.io.IOException;
import java.net.ServerSocket;
import java.time.Duration;

import io.github.atmosphererelay.contract.RelayNode;
import io.github.atmosphererelay.contract.broker.LogLines;
import io.github.atmosphererelay.contract.broker.RedisServers;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.redis.internal.RedisTestBroker.Driver;
import io.github.atmosphererelay.test.MachineTime;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The end of a {@link RedisRelay}.
 */
class RedisStopTests {

	private static final int TIMES = 20;

	@ParameterizedTest
	@EnumSource(Driver.class)
	void aStopLogsNothing(Driver driver) {
		try (RedisServers.Standalone server = RedisServers.standalone();
				RedisTestBroker broker = new RedisTestBroker(driver, RedisServers.HOST, server.port());
				LogLines lines = LogLines.of("io.lettuce", "redis.clients", "org.springframework.data")) {
			for (int i = 0; i < TIMES; i++) {
				RelayNode node = new RelayNode(broker.relay("stop", new EnvelopeCodec(1024))).start()
					.awaitRoundTrip(Duration.ofSeconds(10));
				lines.clear();
				node.relay().stop();
				assertThat(lines.all()).isEmpty();
			}
		}
	}

	/**
	 * For each attempt Lettuce has a timer, which goes off after the time that connecting
	 * may take, and tells a thread that belongs to the client.
	 */
	@Test
	void aStopAfterAttemptsToConnectLogsNothingLaterEither() throws IOException {
		int port;
		try (ServerSocket free = new ServerSocket(0)) {
			port = free.getLocalPort();
		}
		Duration timeout = Duration.ofSeconds(1);
		try (RedisTestBroker broker = new RedisTestBroker(Driver.LETTUCE, RedisServers.HOST, port, timeout);
				LogLines lines = LogLines.of("io.netty")) {
			RelayNode node = new RelayNode(broker.relay("stop", new EnvelopeCodec(1024))).start();
			MachineTime.await(Duration.ofSeconds(10))
				.until(() -> lines.own().stream().anyMatch((line) -> line.contains("cannot connect to Redis")));
			node.relay().stop();
			lines.clear();
			MachineTime.await(Duration.ofSeconds(10))
				.during(timeout.multipliedBy(2))
				.until(() -> lines.others().isEmpty());
		}
	}

}
