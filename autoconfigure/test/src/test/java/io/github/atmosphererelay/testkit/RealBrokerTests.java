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

import io.github.atmosphererelay.contract.broker.RedisServers;
import io.github.atmosphererelay.relay.ClusterRelay;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.Receipt;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import org.springframework.boot.data.redis.autoconfigure.DataRedisConnectionDetails;
import org.springframework.context.support.GenericApplicationContext;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Tests for {@link RelayCluster} with a real broker, which is a Redis.
 */
@Timeout(120)
class RealBrokerTests {

	private static RedisServers.Standalone redis;

	@BeforeAll
	static void start() {
		redis = RedisServers.standalone();
	}

	@AfterAll
	static void stop() {
		redis.close();
	}

	private static RelayCluster.Builder cluster() {
		return ChatApplication.cluster().property("atmosphere.relay.type=redis");
	}

	@Test
	void theApplicationsPropertiesNameTheBroker() {
		try (RelayCluster cluster = cluster().realBroker().property("spring.data.redis.port=" + redis.port()).start()) {
			assertTalking(cluster);
		}
	}

	@Test
	void theServiceConnectionsOfTheTestsContextAreThoseOfTheNodes() {
		try (GenericApplicationContext context = new GenericApplicationContext()) {
			context.registerBean("redis", DataRedisConnectionDetails.class, () -> new Connection(redis.port()));
			context.refresh();
			try (RelayCluster cluster = cluster().realBroker(context).start()) {
				assertTalking(cluster);
			}
		}
	}

	private static void assertTalking(RelayCluster cluster) {
		assertThat(cluster.nodes()).extracting((node) -> node.bean(ClusterRelay.class).name()).containsOnly("redis");
		RelayClient ada = cluster.node(0).connect("chat/lobby");
		RelayClient bob = cluster.node(1).connect("chat/lobby");
		ada.send("Hello");
		ada.expect("Hello").expectNothingMore();
		bob.expect("Hello").expectNothingMore();
		RelayClient log = cluster.node(1).client().positions().connect("log/lobby");
		assertThat(cluster.node(0).broadcaster().broadcast("log/lobby", "kept")).succeedsWithin(Duration.ofSeconds(10))
			.extracting(Receipt::outcome)
			.isEqualTo(Outcome.RELAYED);
		log.expect("kept").expectNothingMore();
	}

	@Test
	void aBrokerThatIsNotThereIsReported() {
		assertThatIllegalStateException()
			.isThrownBy(() -> cluster().realBroker()
				.property("spring.data.redis.port=1")
				.property("atmosphere.relay.start-timeout=10ms")
				.timeout(Duration.ofMillis(300))
				.start())
			.withMessage("node-0 is not connected to the broker within 300 ms of its start");
	}

	/**
	 * As a container has one.
	 */
	private record Connection(int port) implements DataRedisConnectionDetails {

		@Override
		public Standalone getStandalone() {
			return Standalone.of(RedisServers.HOST, this.port);
		}

	}

}
