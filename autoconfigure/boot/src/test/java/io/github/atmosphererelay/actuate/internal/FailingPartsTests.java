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

package io.github.atmosphererelay.actuate.internal;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.CompletionException;

import io.github.atmosphererelay.contract.broker.RedisServers;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.relay.ReadDirection;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import io.github.atmosphererelay.relay.internal.RelayState;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.TestNode;
import io.micrometer.core.instrument.MeterRegistry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import redis.clients.jedis.Jedis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * What health and meters say of parts of a node that fail again and again.
 */
@Timeout(60)
class FailingPartsTests {

	@Test
	void whatFailsAgainAndAgainIsInHealthAndInTheMeter() throws Exception {
		try (TestNode node = TestNode.start("atmosphere.channels[0].pattern=chat/**")) {
			for (int i = 0; i < 3; i++) {
				assertThat(health(node)).contains("\"status\":\"UP\"");
				node.messaging().timers().guards().of(Part.PRESENCE).failed(new OutOfMemoryError("injected"));
			}
			assertThat(health(node)).contains("\"status\":\"DEGRADED\"")
				.contains("\"failing\":{\"presence\":\"java.lang.OutOfMemoryError: injected\"}");
			assertThat(
					node.bean(MeterRegistry.class).get("atmosphere.failures").tag("part", "presence").functionCounter())
				.satisfies((counter) -> assertThat(counter.count()).isEqualTo(3));
		}
	}

	/**
	 * A Redis that must not evict and is full answers probes and carries ephemeral
	 * messages, and refuses to record.
	 */
	@Test
	void aRedisThatIsFullMakesTheNodeDegradedUntilItRecordsAgain() throws Exception {
		try (RedisServers.Standalone server = RedisServers.standalone();
				Jedis admin = new Jedis(RedisServers.HOST, server.port());
				TestNode node = TestNode.start("atmosphere.relay.type=redis",
						"spring.data.redis.host=" + RedisServers.HOST, "spring.data.redis.port=" + server.port(),
						"atmosphere.channels[0].pattern=log/**", "atmosphere.channels[0].history.size=10")) {
			MachineTime.await(Duration.ofSeconds(15)).until(() -> node.messaging().monitor().state() == RelayState.UP);
			node.broadcaster().broadcast("log/a", "before").join();
			assertThat(health(node)).contains("\"status\":\"UP\"");
			admin.configSet("maxmemory-policy", "noeviction");
			admin.configSet("maxmemory", "1");
			try {
				for (int i = 0; i < 3; i++) {
					assertThatExceptionOfType(CompletionException.class)
						.isThrownBy(() -> node.broadcaster().broadcast("log/a", "refused").join())
						.withCauseInstanceOf(RelayUnavailableException.class);
				}
				assertThat(node.messaging().monitor().state()).isEqualTo(RelayState.UP);
				assertThat(health(node)).contains("\"status\":\"DEGRADED\"")
					.contains("\"log-appends\":")
					.contains("OOM");
				assertThat(node.broadcaster().history("log/a", null, 10, ReadDirection.FORWARD).join().publications())
					.hasSize(1);
			}
			finally {
				admin.configSet("maxmemory", "0");
			}
			node.broadcaster().broadcast("log/a", "after").join();
			assertThat(health(node)).contains("\"status\":\"UP\"").doesNotContain("failing");
		}
	}

	private static String health(TestNode node) throws IOException, InterruptedException {
		return HttpClient.newHttpClient()
			.send(HttpRequest.newBuilder(node.http("/actuator/health/atmosphereRelay")).build(),
					HttpResponse.BodyHandlers.ofString())
			.body();
	}

}
