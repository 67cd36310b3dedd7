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
import java.util.stream.IntStream;

import io.github.atmosphererelay.contract.broker.RedisServers;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.TestClient;
import io.github.atmosphererelay.test.TestNode;
import org.junit.jupiter.api.Test;

import org.springframework.boot.web.server.context.WebServerApplicationContext;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for an application that publishes and has no web server.
 */
class PublisherWithoutWebServerTests {

	private static final Duration SOON = Duration.ofSeconds(20);

	@Test
	void whatItPublishesReachesTheClientsOfNodesThatHaveOne() {
		RedisServers.Standalone redis = RedisServers.standalone();
		String[] args = { "atmosphere.relay.type=redis", "spring.data.redis.host=" + RedisServers.HOST,
				"spring.data.redis.port=" + redis.port(), "atmosphere.channels[0].pattern=chat/**" };
		try (TestNode web = TestNode.start(args);
				TestNode publisher = TestNode.start(args[0], args[1], args[2], args[3],
						"spring.main.web-application-type=none")) {
			assertThat(publisher.context()).isNotInstanceOf(WebServerApplicationContext.class);
			TestClient client = web.connect("chat/lobby?ack=true").awaitCount(1);
			MachineTime.await(SOON).until(() -> publisher.messaging().monitor().isUp());
			for (int i = 0; i < 100; i++) {
				assertThat(publisher.broadcaster().broadcast("chat/lobby", "message " + i).join().outcome())
					.isEqualTo(Outcome.RELAYED);
			}
			client.awaitCount(101, SOON);
			assertThat(client.texts().subList(1, 101))
				.isEqualTo(IntStream.range(0, 100).mapToObj((i) -> "message " + i).toList());
			client.close();
		}
		finally {
			redis.close();
		}
	}

}
