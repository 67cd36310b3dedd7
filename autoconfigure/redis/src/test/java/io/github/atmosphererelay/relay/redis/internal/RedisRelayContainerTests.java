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

import com.redis.testcontainers.RedisContainer;
import io.github.atmosphererelay.relay.redis.internal.RedisTestBroker.Driver;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.utility.DockerImageName;

/**
 * The contract of every relay against a Redis of choice, where a Docker engine answers:
 * {@code -Datmosphere.test.redis-image=redis:8}.
 */
class RedisRelayContainerTests {

	private static final String IMAGE = System.getProperty("atmosphere.test.redis-image", "redis:7");

	private static RedisContainer container;

	@BeforeAll
	static void startServer() {
		if (!DockerClientFactory.instance().isDockerAvailable()) {
			System.out.println("SKIPPED Redis in a container (" + IMAGE + "): no Docker engine answers");
			Assumptions.abort("no Docker engine answers");
		}
		container = new RedisContainer(DockerImageName.parse(IMAGE).asCompatibleSubstituteFor("redis"));
		container.start();
	}

	@AfterAll
	static void stopServer() {
		if (container != null) {
			container.stop();
		}
	}

	private static RedisTestBroker brokerFor(Driver driver) {
		return new RedisTestBroker(driver, container.getRedisHost(), container.getRedisPort());
	}

	@Nested
	class WithLettuce extends RedisRelayContract {

		WithLettuce() {
			super(brokerFor(Driver.LETTUCE));
		}

	}

	@Nested
	class WithJedis extends RedisRelayContract {

		WithJedis() {
			super(brokerFor(Driver.JEDIS));
		}

	}

}
