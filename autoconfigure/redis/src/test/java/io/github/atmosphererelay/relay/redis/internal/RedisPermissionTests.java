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

import io.github.atmosphererelay.contract.RelayNode;
import io.github.atmosphererelay.contract.broker.RedisServers;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.redis.internal.RedisTestBroker.Driver;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import redis.clients.jedis.Jedis;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.jedis.JedisConnectionFactory;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link RedisRelay} with an account that lacks rights.
 */
@ExtendWith(OutputCaptureExtension.class)
class RedisPermissionTests {

	@ParameterizedTest
	@EnumSource
	void anAccountThatMayNotSubscribeIsLoggedOnceAndRetriedWithBackoff(Driver driver, CapturedOutput output) {
		try (RedisServers.Standalone server = RedisServers.standalone();
				Jedis admin = new Jedis(RedisServers.HOST, server.port())) {
			admin.aclSetUser("calm", "on", ">secret", "+@all", "~*", "resetchannels");
			RedisStandaloneConfiguration configuration = new RedisStandaloneConfiguration(RedisServers.HOST,
					server.port());
			configuration.setUsername("calm");
			configuration.setPassword("secret");
			long before = connectionsReceived(admin);
			RelayNode node = new RelayNode(new RedisRelay(
					(driver == Driver.LETTUCE) ? new LettuceConnectionFactory(configuration)
							: new JedisConnectionFactory(configuration),
					RedisTestBroker.settings("permission", new EnvelopeCodec(1000))));
			node.start();
			try {
				node.relay().subscribe(new Address.Node(node.id()));
				await().until(() -> connectionsReceived(admin) - before >= 4);
				// Two connections at 0, 0.1, 0.3, 0.7, 1.5, 2.3 and 3.1 seconds, or later
				await().during(Duration.ofSeconds(3))
					.atMost(Duration.ofSeconds(5))
					.until(() -> connectionsReceived(admin) - before <= 14);
				assertThat(output.getOut().lines().filter((line) -> line.contains("WARN"))).hasSize(1)
					.first()
					.asString()
					.contains("NOPERM");
				assertThat(node.connects()).isZero();
				admin.aclSetUser("calm", "allchannels");
				await().until(() -> node.connects() == 1);
				node.awaitRoundTrip(Duration.ofSeconds(5));
			}
			finally {
				node.relay().stop();
			}
		}
	}

	private static long connectionsReceived(Jedis admin) {
		return admin.info("stats")
			.lines()
			.filter((line) -> line.startsWith("total_connections_received:"))
			.mapToLong((line) -> Long.parseLong(line.substring(line.indexOf(':') + 1)))
			.sum();
	}

}
