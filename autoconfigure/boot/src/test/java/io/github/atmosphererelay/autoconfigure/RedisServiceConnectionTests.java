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

import com.redis.testcontainers.RedisContainer;
import io.github.atmosphererelay.broadcast.Broadcaster;
import io.github.atmosphererelay.node.internal.MessagingNode;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.test.TestClient;
import io.github.atmosphererelay.test.TestNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.junit.jupiter.Container;
import org.testcontainers.junit.jupiter.Testcontainers;
import org.testcontainers.utility.DockerImageName;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.testcontainers.service.connection.ServiceConnection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * How most applications test: Redis in a container that Spring Boot connects to. The
 * relay takes its address from there, like everything else.
 */
@Testcontainers
@EnabledIf(value = "isDockerThere", disabledReason = "no Docker engine answers")
@SpringBootTest(webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT, properties = {
		"atmosphere.relay.type=redis", "atmosphere.channels[0].pattern=chat/**", "spring.application.name=test" })
class RedisServiceConnectionTests {

	@Container
	@ServiceConnection
	static final RedisContainer redis = new RedisContainer(
			DockerImageName.parse(System.getProperty("atmosphere.test.redis-image", "redis:7"))
				.asCompatibleSubstituteFor("redis"));

	@Autowired
	private MessagingNode node;

	@Autowired
	private Broadcaster broadcaster;

	static boolean isDockerThere() {
		boolean there = DockerClientFactory.instance().isDockerAvailable();
		if (!there) {
			System.out.println("SKIPPED Redis as a service connection: no Docker engine answers");
		}
		return there;
	}

	@Test
	void theRelayUsesTheServiceConnection() {
		await().until(() -> this.node.monitor().isUp());
		try (TestNode other = TestNode.start("atmosphere.relay.type=redis",
				"spring.data.redis.host=" + redis.getRedisHost(), "spring.data.redis.port=" + redis.getRedisPort(),
				"atmosphere.channels[0].pattern=chat/**"); TestClient client = other.connect("chat/lobby?ack=true")) {
			client.awaitCount(1);
			assertThat(this.broadcaster.broadcast("chat/lobby", "through the container").join().outcome())
				.isEqualTo(Outcome.RELAYED);
			client.awaitCount(2);
			assertThat(client.texts().get(1)).isEqualTo("through the container");
		}
	}

	/**
	 * The application under test.
	 */
	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

}
