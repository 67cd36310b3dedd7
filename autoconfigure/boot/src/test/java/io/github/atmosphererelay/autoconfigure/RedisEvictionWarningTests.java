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

package io.github.atmosphererelay.autoconfigure;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;

import io.github.atmosphererelay.contract.broker.RedisServers;
import io.github.atmosphererelay.endpoint.Message;
import io.github.atmosphererelay.endpoint.RoomService;
import io.github.atmosphererelay.relay.internal.RelayState;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.TestNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import redis.clients.jedis.Jedis;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A Redis that removes keys when its memory is full, and an application with recorded
 * channels.
 */
@ExtendWith(OutputCaptureExtension.class)
class RedisEvictionWarningTests {

	private static final Duration CONNECT = Duration.ofSeconds(15);

	@Test
	void anApplicationWithRecordedChannelsIsWarnedWhenItStarts(CapturedOutput output) {
		try (RedisServers.Standalone server = RedisServers.standalone()) {
			String[] properties = properties(server);
			try (TestNode node = TestNode.start(properties)) {
				MachineTime.await(CONNECT).until(() -> node.messaging().monitor().state() == RelayState.UP);
				assertThat(output.getOut()).doesNotContain("maxmemory-policy");
			}
			String[] recorded = Arrays.copyOf(properties, properties.length + 1);
			recorded[properties.length] = "atmosphere.channels[0].history.size=10";
			try (TestNode node = TestNode.start(recorded)) {
				MachineTime.await(CONNECT).until(() -> node.messaging().monitor().state() == RelayState.UP);
				assertThat(output.getOut()).contains("maxmemory-policy 'allkeys-lfu'");
			}
		}
	}

	@Test
	void anApplicationWithRecordedRoomsIsWarnedWhenItStarts(CapturedOutput output) {
		try (RedisServers.Standalone server = RedisServers.standalone();
				TestNode node = TestNode.start(List.of(Rooms.class), properties(server))) {
			MachineTime.await(CONNECT).until(() -> node.messaging().monitor().state() == RelayState.UP);
			assertThat(output.getOut()).contains("maxmemory-policy 'allkeys-lfu'");
		}
	}

	/**
	 * Has the server remove keys, and makes the properties of an application without
	 * recorded channels.
	 */
	private static String[] properties(RedisServers.Standalone server) {
		try (Jedis admin = new Jedis(RedisServers.HOST, server.port())) {
			admin.configSet("maxmemory", "100mb");
			admin.configSet("maxmemory-policy", "allkeys-lfu");
		}
		return new String[] { "atmosphere.relay.type=redis", "spring.data.redis.host=" + RedisServers.HOST,
				"spring.data.redis.port=" + server.port(), "atmosphere.channels[0].pattern=log/**" };
	}

	@RoomService(value = "rooms/{room}", history = 10)
	static class Rooms {

		@Message
		String onMessage(String text) {
			return text;
		}

	}

}
