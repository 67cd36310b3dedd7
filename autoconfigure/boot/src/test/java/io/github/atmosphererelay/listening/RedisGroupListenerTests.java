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

package io.github.atmosphererelay.listening;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

import io.github.atmosphererelay.contract.broker.RedisServers;
import io.github.atmosphererelay.endpoint.internal.GroupListeners;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.Reconciles;
import io.github.atmosphererelay.test.TestNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import org.springframework.web.bind.annotation.PathVariable;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link ChannelListener} methods in a group of two nodes on Redis.
 */
@Reconciles
@Timeout(240)
class RedisGroupListenerTests {

	private static final Duration LIMIT = Duration.ofSeconds(30);

	@Test
	void twoNodesShareTheMessagesAndTheOneThatStaysHandlesTheRest() {
		try (RedisServers.Standalone redis = RedisServers.standalone()) {
			String[] args = { "atmosphere.relay.type=redis", "spring.data.redis.port=" + redis.port(),
					"atmosphere.cluster.name=groups", "atmosphere.channels[0].pattern=orders/*",
					"atmosphere.channels[0].history.size=100" };
			try (TestNode one = TestNode.start(List.of(Billing.class), args).awaitUp()) {
				try (TestNode two = TestNode.start(List.of(Billing.class), args).awaitUp()) {
					MachineTime.await(LIMIT).until(() -> lanes(one) == 32 && lanes(two) == 32);
					publish(one, 0, 10);
					MachineTime.await(LIMIT)
						.until(() -> one.bean(Billing.class).count() + two.bean(Billing.class).count() == 200);
					assertThat(one.bean(Billing.class).count()).isBetween(1, 199);
				}
				MachineTime.await(LIMIT).until(() -> lanes(one) == 64);
				int before = one.bean(Billing.class).count();
				publish(one, 10, 15);
				MachineTime.await(LIMIT).until(() -> one.bean(Billing.class).count() - before == 100);
				assertThat(one.bean(Billing.class).texts).allSatisfy((channel, texts) -> assertThat(texts).isSorted());
			}
		}
	}

	private static int lanes(TestNode node) {
		return node.bean(GroupListeners.class).runners().all().iterator().next().describe().lanes().size();
	}

	private static void publish(TestNode node, int first, int end) {
		for (int i = first; i < end; i++) {
			for (int channel = 0; channel < 20; channel++) {
				node.broadcaster().broadcast("orders/" + channel, Integer.toString(100 + i)).join();
			}
		}
	}

	static class Billing {

		final Map<String, List<String>> texts = new ConcurrentHashMap<>();

		@ChannelListener(value = "orders/{id}", group = "billing")
		void onOrder(String text, @PathVariable String id) {
			this.texts.computeIfAbsent(id, (name) -> new CopyOnWriteArrayList<>()).add(text);
		}

		int count() {
			return this.texts.values().stream().mapToInt(List::size).sum();
		}

	}

}
