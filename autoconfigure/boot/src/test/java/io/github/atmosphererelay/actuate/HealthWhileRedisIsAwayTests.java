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

package io.github.atmosphererelay.actuate;

import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

import io.github.atmosphererelay.contract.broker.RedisServers;
import io.github.atmosphererelay.test.TestNode;
import io.lettuce.core.RedisURI;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * How long {@code /actuator/health} takes while Redis is away: Spring Boot's own
 * indicator asks through the application's connection, the relay's asks nobody.
 */
class HealthWhileRedisIsAwayTests {

	@Test
	void springBootsIndicatorWaitsAsLongAsTheTimeoutOfTheApplication() throws Exception {
		assertThat(RedisURI.DEFAULT_TIMEOUT_DURATION).isEqualTo(Duration.ofSeconds(60));
		try (RedisServers.Standalone redis = RedisServers.standalone();
				TestNode node = start(redis, "spring.data.redis.timeout=2s")) {
			assertThat(health(node, Duration.ofSeconds(20)).statusCode()).isEqualTo(200);
			redis.stop();
			long begin = System.nanoTime();
			HttpResponse<String> response = health(node, Duration.ofSeconds(40));
			assertThat(response.statusCode()).isEqualTo(503);
			assertThat(Duration.ofNanos(System.nanoTime() - begin)).isGreaterThan(Duration.ofMillis(1900));
		}
	}

	@Test
	void withoutItHealthAnswersAtOnceAndTheApplicationStaysUp() throws Exception {
		try (RedisServers.Standalone redis = RedisServers.standalone();
				TestNode node = start(redis, "management.health.redis.enabled=false")) {
			assertThat(health(node, Duration.ofSeconds(20)).statusCode()).isEqualTo(200);
			redis.stop();
			HttpResponse<String> response = health(node, Duration.ofSeconds(20));
			assertThat(response.statusCode()).isEqualTo(200);
			assertThat(response.body()).contains("\"status\":\"UP\"", "\"atmosphereRelay\"");
		}
	}

	private static TestNode start(RedisServers.Standalone redis, String property) {
		return TestNode.start("atmosphere.channels[0].pattern=chat/**", "atmosphere.relay.type=redis",
				"spring.data.redis.host=" + RedisServers.HOST, "spring.data.redis.port=" + redis.port(), property);
	}

	private static HttpResponse<String> health(TestNode node, Duration timeout) throws Exception {
		return HttpClient.newHttpClient()
			.send(HttpRequest.newBuilder(node.http("/actuator/health")).timeout(timeout).build(),
					HttpResponse.BodyHandlers.ofString());
	}

}
