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

package io.github.atmosphererelay.recovery;

import io.github.atmosphererelay.contract.broker.Broker;
import io.github.atmosphererelay.contract.broker.RedisServers;
import io.github.atmosphererelay.recovery.CentrifugeDriver.Client;
import io.github.atmosphererelay.test.Covers;
import io.github.atmosphererelay.test.KnownFault;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;
import tools.jackson.databind.JsonNode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * The npm client {@code centrifuge} and nodes on Redis.
 */
class CentrifugeOnRedisTests extends AbstractCentrifugeFaultTests {

	@Override
	Broker startBroker() {
		return new Broker.Redis();
	}

	@Override
	int trim(String channel, int published) {
		publish(1, channel, published, published + 30);
		return published + 30;
	}

	@Test
	@Covers(KnownFault.LOG_BEGINS_ANOTHER_LIFE)
	void aFlushEndsTheLogAndClientsAreTold() {
		String channel = channel("log");
		Client live = client(0).subscribe(channel);
		Client away = client(1).subscribe(channel);
		publish(0, channel, 0, 5);
		live.awaitHeard(channel, 5);
		away.awaitHeard(channel, 5);
		away.call("unsubscribe", "channel", channel);
		try (Jedis jedis = new Jedis(RedisServers.HOST, ((Broker.Redis) broker()).server().port())) {
			jedis.flushAll();
		}
		publish(1, channel, 5, 10);
		away.call("resubscribe", "channel", channel);
		JsonNode told = away.awaitSubscribed(channel, 2);
		assertToldUnrecovered(told);
		assertThat(epoch(told)).isNotEqualTo(epoch(away.events("subscribed", channel).get(0)));
		// Whoever was there has missed nothing that was published, and is told of the
		// other log
		assertToldUnrecovered(live.awaitSubscribed(channel, 2));
		publish(1, channel, 10, 15);
		await().until(() -> live.heard(channel).containsAll(texts(10, 15)));
		await().until(() -> away.heard(channel).containsAll(texts(10, 15)));
		assertThat(live.heard(channel)).doesNotHaveDuplicates();
	}

}
