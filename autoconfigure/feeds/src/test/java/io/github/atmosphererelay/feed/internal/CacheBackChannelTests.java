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

package io.github.atmosphererelay.feed.internal;

import java.time.Duration;

import io.github.atmosphererelay.contract.broker.Broker;
import io.github.atmosphererelay.contract.broker.RedisServers;
import io.github.atmosphererelay.contract.broker.TcpProxy;
import io.github.atmosphererelay.feed.BackChannel;
import io.github.atmosphererelay.guard.Guards;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.test.MachineTime;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;

import org.springframework.data.redis.connection.RedisConfiguration;
import org.springframework.data.redis.connection.RedisConnectionFactory;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link CacheBackChannel} with a Redis that keeps nothing when it is killed.
 */
class CacheBackChannelTests extends BackChannelContractTests {

	private final ClientResources resources = DefaultClientResources.create();

	private Broker.Redis redis;

	@BeforeAll
	void startRedis() {
		this.redis = new Broker.Redis();
	}

	@AfterAll
	void stopRedis() {
		this.redis.close();
		this.resources.shutdown().awaitUninterruptibly(2000);
	}

	@Override
	protected BackChannel create(String cluster) {
		return create(cluster, this.redis.server().port());
	}

	@Override
	protected BackChannel createBehindProxy(String cluster) {
		return create(cluster, proxy().port());
	}

	private BackChannel create(String cluster, int port) {
		return new CacheBackChannel(factory(port), "atmosphere:" + cluster + ":", Duration.ofSeconds(3),
				new Guards().of(Part.FEEDS));
	}

	private RedisConnectionFactory factory(int port) {
		return new LettuceConnectionFactory(
				(RedisConfiguration) new RedisStandaloneConfiguration(RedisServers.HOST, port),
				LettuceClientConfiguration.builder().clientResources(this.resources).build());
	}

	@Override
	protected TcpProxy proxy() {
		return this.redis.proxy();
	}

	@Override
	protected void restartBroker() {
		this.redis.kill();
		this.redis.start();
	}

	@Test
	void scriptsThatRedisHasLostAreSentAgain() throws Exception {
		InterestRecorder recorder = listening(channel());
		InterestedNode node = new InterestedNode("prices", channel()).want("prices/a");
		awaitKnown(recorder, node);
		try (Jedis jedis = new Jedis(RedisServers.HOST, this.redis.server().port())) {
			jedis.scriptFlush();
		}
		node.want("prices/b");
		awaitKnown(recorder, node);
		assertThat(node.failures()).isZero();
	}

	@Test
	void anInterestThatSomebodyHasRemovedIsWrittenAgain() throws Exception {
		InterestedNode node = new InterestedNode("prices", channel()).want("prices/a", "prices/b");
		InterestRecorder recorder = listening(channel());
		try (Jedis jedis = new Jedis(RedisServers.HOST, this.redis.server().port())) {
			jedis.flushAll();
		}
		assertThat(node.isKnownTo(recorder)).isTrue();
		MachineTime.await(Duration.ofSeconds(20))
			.pollInterval(Duration.ofMillis(500))
			.until(() -> node.isKnownTo(listening(channel())));
		node.want("prices/c");
		awaitKnown(recorder, node);
	}

	/**
	 * As a replica that becomes the master, and had not got the last change. A
	 * redistributor that begins then would not know of a channel that its node waits for.
	 */
	@Test
	void anInterestOfWhichRedisHasAnOlderVersionIsWrittenAgain() throws Exception {
		InterestedNode node = new InterestedNode("prices", channel()).want("prices/a").want("prices/b");
		assertThat(node.isKnownTo(listening(channel()))).isTrue();
		try (Jedis jedis = new Jedis(RedisServers.HOST, this.redis.server().port())) {
			String key = jedis.keys("*:of:*" + node.id() + "*").iterator().next();
			jedis.hdel(key, "prices/b");
			jedis.hincrBy(key, "", -1);
		}
		MachineTime.await(Duration.ofSeconds(20))
			.pollInterval(Duration.ofMillis(500))
			.until(() -> node.isKnownTo(listening(channel())));
	}

	@Test
	void aChangeThatDoesNotFollowUponWhatRedisHasIsRefused() throws Exception {
		BackChannel one = channel();
		InterestedNode node = new InterestedNode("prices", one).want("prices/a");
		InterestedNode stale = new InterestedNode(node.id(), "prices", one);
		stale.want("prices/x");
		assertThat(stale.failures()).isGreaterThanOrEqualTo(1);
	}

}
