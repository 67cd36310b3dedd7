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

package io.github.atmosphererelay.routing;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

import io.github.atmosphererelay.contract.broker.Broker;
import io.github.atmosphererelay.contract.broker.RedisServers;
import io.github.atmosphererelay.routing.internal.RingDocument;
import io.github.atmosphererelay.routing.internal.RoutingService;
import io.github.atmosphererelay.test.BrokerCluster;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.testkit.ApplicationNode;
import io.github.atmosphererelay.testkit.RelayCluster;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.JedisPubSub;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Redis' copy of the ring, read with plain commands, while nodes come and go and Redis is
 * flushed and restarted.
 */
@Timeout(180)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class RingCopyOnRedisTests {

	private static final Duration WITHIN = Duration.ofSeconds(60);

	private static final String KEY = "atmosphere:test:ring";

	private static Broker.Redis broker;

	private static RelayCluster cluster;

	@BeforeAll
	static void start() {
		broker = new Broker.Redis();
		cluster = BrokerCluster.of(broker.directProperties())
			.nodes(2)
			.property("atmosphere.routing.enabled=true")
			.property("atmosphere.routing.settle-time=500ms")
			.property("atmosphere.cluster.address=https://node.example.com")
			.property("atmosphere.cluster.heartbeat-interval=500ms")
			.property("atmosphere.cluster.node-timeout=4s")
			.start();
	}

	@AfterAll
	static void stop() {
		cluster.close();
		broker.close();
	}

	private static Jedis redis() {
		return new Jedis(RedisServers.HOST, broker.server().port());
	}

	private static String read() {
		try (Jedis jedis = redis()) {
			return jedis.get(KEY);
		}
	}

	private static boolean isThatOfAllNodes() {
		String text = read();
		return text != null && cluster.nodes().stream().allMatch((node) -> {
			PublishedRing ring = node.bean(Routes.class).ring();
			return ring != null && ring.ring().members().size() == cluster.nodes().size()
					&& text.equals(RingDocument.write(ring));
		});
	}

	private static Set<String> members(JsonNode ring) {
		return ring.path("members")
			.valueStream()
			.map((member) -> member.path("name").stringValue())
			.collect(Collectors.toSet());
	}

	@Test
	@Order(1)
	void aPlainProgramReadsTheRing() {
		MachineTime.await(WITHIN).until(RingCopyOnRedisTests::isThatOfAllNodes);
		JsonNode ring = JsonMapper.shared().readTree(read());
		PublishedRing known = cluster.node(1).bean(Routes.class).ring();
		assertThat(ring.path("term").longValue()).isEqualTo(known.version().term());
		assertThat(ring.path("counter").longValue()).isEqualTo(known.version().counter());
		assertThat(ring.path("digest").stringValue()).isEqualTo(known.version().digest());
		assertThat(members(ring)).containsExactlyInAnyOrder("node-0", "node-1");
		assertThat(ring.path("members").get(0).path("weight").intValue()).isOne();
		assertThat(ring.path("members").get(0).path("address").stringValue()).isEqualTo("https://node.example.com");
		assertThat(ring.path("spread").isArray()).isTrue();
		try (Jedis jedis = redis()) {
			assertThat(jedis.type(KEY)).isEqualTo("string");
			assertThat(jedis.ttl(KEY)).isEqualTo(-1);
		}
	}

	@Test
	@Order(2)
	void aSubscriberReceivesTheRingsUpToTheNewest() throws Exception {
		BlockingQueue<String> received = new LinkedBlockingQueue<>();
		JedisPubSub subscriber = new JedisPubSub() {

			@Override
			public void onSubscribe(String channel, int count) {
				received.add("subscribed");
			}

			@Override
			public void onMessage(String channel, String message) {
				received.add(message);
			}

		};
		Thread thread = new Thread(() -> {
			try (Jedis jedis = redis()) {
				jedis.subscribe(subscriber, KEY + ":changed");
			}
		});
		thread.start();
		assertThat(received.poll(30, TimeUnit.SECONDS)).isEqualTo("subscribed");
		ApplicationNode joined = cluster.startNode();
		RingVersion before = receive(received, null, Set.of("node-0", "node-1", joined.name()));
		joined.close();
		receive(received, before, Set.of("node-0", "node-1"));
		MachineTime.await(WITHIN).until(RingCopyOnRedisTests::isThatOfAllNodes);
		assertThat(received).as("nothing is published without a change").isEmpty();
		subscriber.unsubscribe();
		thread.join(10_000);
		assertThat(thread.isAlive()).isFalse();
	}

	/**
	 * Receive rings, none of which is older than the one before, until one has these
	 * members. Changes that follow each other quickly may come as one.
	 */
	private static RingVersion receive(BlockingQueue<String> received, RingVersion before, Set<String> members)
			throws Exception {
		RingVersion last = before;
		while (true) {
			String text = received.poll(60, TimeUnit.SECONDS);
			assertThat(text).isNotNull();
			PublishedRing ring = RingDocument.read(text);
			if (last != null) {
				assertThat(last.isNewerThan(ring.version())).isFalse();
			}
			last = ring.version();
			if (members(JsonMapper.shared().readTree(text)).equals(members)) {
				return last;
			}
		}
	}

	@Test
	@Order(3)
	void anOlderRingIsReplacedAndANewerOneStays() {
		try (Jedis jedis = redis()) {
			jedis.set(KEY, "{\"term\":1,\"counter\":1,\"digest\":\"ffff\",\"members\":[],\"spread\":[]}");
			MachineTime.await(WITHIN).until(RingCopyOnRedisTests::isThatOfAllNodes);
			String newer = "{\"term\":9000000000000000,\"counter\":1,\"digest\":\"0\",\"members\":[],\"spread\":[]}";
			jedis.set(KEY, newer);
			long before = failures();
			MachineTime.await(WITHIN).until(() -> failures() > before);
			assertThat(jedis.get(KEY)).isEqualTo(newer);
			jedis.del(KEY);
			MachineTime.await(WITHIN).until(RingCopyOnRedisTests::isThatOfAllNodes);
		}
	}

	private static long failures() {
		return cluster.nodes()
			.stream()
			.mapToLong((node) -> node.bean(RoutingService.class).statistics().copyFailures())
			.sum();
	}

	@Test
	@Order(4)
	void theRingIsWrittenAgainAfterAFlushAndARestart() {
		try (Jedis jedis = redis()) {
			jedis.flushAll();
		}
		MachineTime.await(WITHIN).until(RingCopyOnRedisTests::isThatOfAllNodes);
		broker.kill();
		broker.start();
		MachineTime.await(WITHIN).until(RingCopyOnRedisTests::isThatOfAllNodes);
	}

	/**
	 * The clock of the node that has published was a day ahead, and nobody is left who
	 * knows.
	 */
	@Test
	@Order(5)
	void aClusterThatWasRestartedGoesOnAfterTheTermOfTheCopy() {
		PublishedRing last = RingDocument.read(read());
		cluster.close();
		long ahead = last.version().term() + Duration.ofDays(1).toMillis();
		try (Jedis jedis = redis()) {
			jedis.set(KEY, RingDocument
				.write(new PublishedRing(new RingVersion(ahead, 7, last.version().digest()), last.ring())));
		}
		cluster = BrokerCluster.of(broker.directProperties())
			.nodes(1)
			.property("atmosphere.routing.enabled=true")
			.property("atmosphere.routing.settle-time=500ms")
			.start();
		MachineTime.await(WITHIN).until(RingCopyOnRedisTests::isThatOfAllNodes);
		assertThat(RingDocument.read(read()).version().term()).isGreaterThan(ahead);
	}

}
