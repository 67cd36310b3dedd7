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

package io.github.atmosphererelay.stomp;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

import io.github.atmosphererelay.contract.broker.Broker;
import io.github.atmosphererelay.test.MachineTime;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Spring's simple broker on two nodes, with Redis.
 */
class StompOnRedisTests extends AbstractStompTests {

	@Override
	Broker startBroker() {
		return new Broker.Redis();
	}

	/**
	 * Another subscriber of Redis sees all that the nodes send to each other.
	 */
	@Test
	void whatAnInterceptorRefusesLeavesNoByteOnRedis() {
		int port = ((Broker.Redis) broker()).server().port();
		List<String> seen = new CopyOnWriteArrayList<>();
		try (RedisClient redis = RedisClient.create(RedisURI.create("localhost", port));
				StatefulRedisPubSubConnection<byte[], byte[]> subscriber = redis
					.connectPubSub(ByteArrayCodec.INSTANCE)) {
			subscriber.addListener(new RedisPubSubAdapter<>() {

				@Override
				public void message(byte[] pattern, byte[] channel, byte[] message) {
					seen.add(new String(message, StandardCharsets.ISO_8859_1));
				}

			});
			subscriber.sync().psubscribe("*".getBytes(StandardCharsets.UTF_8));
			StompClient sender = connect(a(), "ada");
			sender.publish("/topic/forbidden", "a secret");
			assertThat(sender.awaitFrame("ERROR").text()).contains("Failed to send message");
			connect(a(), "ada").publish("/topic/allowed", "no secret", "receipt:1").awaitReceipt("1");
			MachineTime.await(Duration.ofSeconds(10))
				.until(() -> seen.stream().anyMatch((message) -> message.contains("no secret")));
			assertThat(seen)
				.noneMatch((message) -> message.contains("a secret") || message.contains("/topic/forbidden"));
		}
	}

}
