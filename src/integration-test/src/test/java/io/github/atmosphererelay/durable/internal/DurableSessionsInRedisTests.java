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

package io.github.atmosphererelay.durable.internal;

import java.util.List;

import io.github.atmosphererelay.contract.broker.RedisServers;
import io.github.atmosphererelay.contract.broker.TcpProxy;
import io.github.atmosphererelay.durable.SessionStore;
import io.github.atmosphererelay.test.TestNode;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Durable sessions that a real Redis keeps.
 */
class DurableSessionsInRedisTests extends AbstractDurableSessionsTests {

	private final RedisServers.Standalone redis = RedisServers.standalone();

	/** Of the first node; the second one goes to Redis itself. */
	private final TcpProxy proxy = TcpProxy.start(RedisServers.HOST, this.redis.port());

	private boolean first = true;

	@Override
	List<String> storeArguments() {
		int port = this.first ? this.proxy.port() : this.redis.port();
		this.first = false;
		return arguments(port);
	}

	private static List<String> arguments(int port) {
		return List.of("atmosphere.durable-sessions.store=redis", "spring.data.redis.host=" + RedisServers.HOST,
				"spring.data.redis.port=" + port, "spring.data.redis.timeout=3s",
				"atmosphere.durable-sessions.timeout=3s");
	}

	@Override
	void storeOfAIsAway(boolean away) {
		if (away) {
			this.proxy.cut();
		}
		else {
			this.proxy.resume();
		}
	}

	@AfterAll
	void stopRedis() {
		this.proxy.close();
		this.redis.close();
	}

	@Test
	void redisForgetsASessionByItself() {
		try (TestNode node = start("c", arguments(this.redis.port()), "atmosphere.durable-sessions.ttl=1200ms")) {
			DurableClient client = DurableClient.connect(node, "log/expiring?durable=true");
			String token = client.token();
			client.subscribed("log/expiring");
			client.cut();
			SessionStore store = node.bean(SessionStore.class);
			await().until(() -> store.find(SessionTokens.key(token, "log/expiring")) == null);
			DurableClient back = DurableClient.connect(node, "log/expiring?session=" + token);
			assertThat(back.isRestored()).isFalse();
			assertThat(back.token()).isNotEqualTo(token);
			assertThat(node.bean(DurableSessions.class).statistics().starts(DurableOutcome.EXPIRED)).isOne();
			back.cut();
		}
	}

}
