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

import io.github.atmosphererelay.contract.RelayNode;
import io.github.atmosphererelay.contract.broker.RedisServers;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.LogOptions;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.ReadDirection;
import io.github.atmosphererelay.relay.redis.internal.RedisTestBroker.Driver;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * How many connections a node has, as the documentation tells operators who have to plan
 * {@code maxclients}.
 */
class RedisConnectionsTests {

	private static final Duration CONNECT_TIME = Duration.ofSeconds(15);

	private static final LogOptions LOG = new LogOptions(100, Duration.ofHours(1), null, Duration.ofMinutes(5));

	@ParameterizedTest
	@EnumSource(Driver.class)
	void aNodeHasTwoConnectionsWhateverItDoes(Driver driver) {
		List<RelayNode> nodes = new ArrayList<>();
		try (RedisServers.Standalone server = RedisServers.standalone();
				RedisTestBroker broker = new RedisTestBroker(driver, RedisServers.HOST, server.port())) {
			for (int count = 1; count <= 3; count++) {
				RelayNode node = new RelayNode(broker.relay("connections", new EnvelopeCodec(1024))).start()
					.awaitRoundTrip(CONNECT_TIME);
				nodes.add(node);
				node.subscribe(new Address.Channel("log"));
				assertThat(node.relay().publish(node.recorded("log", "hello", LOG)).join().outcome())
					.isEqualTo(Outcome.RELAYED);
				assertThat(node.log().read("log", null, 10, ReadDirection.FORWARD).join().publications())
					.hasSize(count);
				assertThat(broker.connections()).isEqualTo(2L * count);
			}
		}
		finally {
			nodes.forEach((node) -> node.relay().stop());
		}
	}

}
