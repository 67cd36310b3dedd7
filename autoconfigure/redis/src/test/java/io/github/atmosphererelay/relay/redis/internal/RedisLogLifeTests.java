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

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.contract.RelayNode;
import io.github.atmosphererelay.contract.broker.RedisServers;
import io.github.atmosphererelay.guard.internal.Failures;
import io.github.atmosphererelay.message.LogOptions;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.LogContinuation;
import io.github.atmosphererelay.relay.LogPage;
import io.github.atmosphererelay.relay.ReadDirection;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import io.github.atmosphererelay.relay.redis.internal.RedisTestBroker.Driver;
import io.github.atmosphererelay.test.Covers;
import io.github.atmosphererelay.test.KnownFault;
import io.github.atmosphererelay.test.MachineTime;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import redis.clients.jedis.Jedis;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.jedis.JedisConnectionFactory;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link RedisRelay}'s logs and the server that keeps them: its restart, its
 * memory and its accounts.
 */
@ExtendWith(OutputCaptureExtension.class)
@Timeout(60)
class RedisLogLifeTests {

	private static final Duration CONNECT = Duration.ofSeconds(15);

	private static final LogOptions OPTIONS = new LogOptions(100, Duration.ofHours(1), null, Duration.ofMinutes(5));

	/** As in src/docs/operations.md. */
	private static final String[] RIGHTS = { "on", ">secret", "resetchannels", "&atmosphere:*", "~atmosphere:*",
			"+publish", "+subscribe", "+unsubscribe", "+ping", "+role", "+eval", "+evalsha", "+info", "+time",
			"+pexpireat", "+unlink", "+xadd", "+xrange", "+xrevrange", "+xtrim", "+get", "+mget", "+set", "+zadd",
			"+zscore", "+zrangebyscore", "+zrem", "+zremrangebyrank", "+pexpire", "+hello", "+client" };

	@ParameterizedTest
	@EnumSource
	void aRestartIsANewEpochThoughTheLogIsKept(Driver driver, @TempDir Path directory) {
		try (RedisServers.Standalone server = RedisServers.durable(directory);
				RedisTestBroker broker = new RedisTestBroker(driver, RedisServers.HOST, server.port())) {
			RelayNode node = new RelayNode(broker.relay("life", new EnvelopeCodec(1000)));
			try {
				node.start().awaitRoundTrip(CONNECT);
				append(node, "one");
				Position before = position(append(node, "two"));
				server.stop();
				server.start();
				node.awaitRoundTrip(CONNECT);
				LogPage page = read(node, before);
				assertThat(page.complete()).isFalse();
				assertThat(page.publications()).isEmpty();
				assertThat(page.end().epoch()).isNotEqualTo(before.epoch());
				// What was written to disk is still history
				assertThat(read(node, null).publications()).extracting((each) -> each.payload().asText())
					.containsExactly("one", "two");
				assertThat(position(append(node, "three"))).isEqualTo(new Position(page.end().epoch(), 3));
				assertThat(read(node, before).complete()).isFalse();
				assertThat(read(node, page.end()).publications()).hasSize(1);
			}
			finally {
				node.relay().stop();
			}
		}
	}

	@ParameterizedTest
	@EnumSource
	void aNodeContinuesAfterRestartsAndMissesNothing(Driver driver, @TempDir Path directory) {
		try (RedisServers.Standalone server = RedisServers.durable(directory);
				RedisTestBroker broker = new RedisTestBroker(driver, RedisServers.HOST, server.port());
				Jedis admin = new Jedis(RedisServers.HOST, server.port())) {
			RelayNode node = new RelayNode(broker.relay("restarts", new EnvelopeCodec(1000)));
			try {
				node.start().awaitRoundTrip(CONNECT);
				Position first = position(append(node, "one"));
				Position second = position(append(node, "two"));
				restart(server, node);
				Position third = position(append(node, "three"));
				assertThat(resume(node, first, 1)).isEqualTo(new LogContinuation(new Position(third.epoch(), 1), true));
				assertThat(texts(read(node, new Position(third.epoch(), 1)))).containsExactly("two", "three");
				restart(server, node);
				Position fourth = position(append(node, "four"));
				assertThat(resume(node, first, 2))
					.isEqualTo(new LogContinuation(new Position(fourth.epoch(), 1), true));
				assertThat(resume(node, second, 2))
					.isEqualTo(new LogContinuation(new Position(fourth.epoch(), 2), true));
				assertThat(resume(node, third, 3))
					.isEqualTo(new LogContinuation(new Position(fourth.epoch(), 3), true));
				assertThat(texts(read(node, new Position(fourth.epoch(), 1)))).containsExactly("two", "three", "four");
				// Nobody knows what a log has had that is not this one
				assertThat(resume(node, new Position("another", 1), 1))
					.isEqualTo(new LogContinuation(fourth, false, false));
				assertThat(resume(node, fourth, 4)).isEqualTo(new LogContinuation(fourth, false));
				for (int i = 0; i < 10; i++) {
					restart(server, node);
					append(node, "more");
				}
				Position last = node.log().position("log").join();
				assertThat(resume(node, first, 1)).as("longer ago than is kept")
					.isEqualTo(new LogContinuation(last, false, false));
				admin.disconnect();
				admin.flushAll();
				Position fresh = position(append(node, "fresh"));
				assertThat(resume(node, last, last.offset())).isEqualTo(new LogContinuation(fresh, false, false));
			}
			finally {
				node.relay().stop();
			}
		}
	}

	private static void restart(RedisServers.Standalone server, RelayNode node) {
		server.stop();
		server.start();
		node.awaitRoundTrip(CONNECT);
	}

	/**
	 * The replica lacks a message that was confirmed. Nobody can know of it but who has
	 * seen it, and then all do.
	 */
	@ParameterizedTest
	@EnumSource
	@Covers(KnownFault.BROKER_FAILS_OVER)
	void aMessageLostInAFailOverIsKnownWhenANodeHasReportedIt(Driver driver) {
		try (RedisServers.Standalone server = RedisServers.standalone();
				RedisServers.Standalone other = RedisServers.standalone();
				Jedis master = new Jedis(RedisServers.HOST, server.port());
				Jedis replica = new Jedis(RedisServers.HOST, other.port());
				RedisTestBroker broker = new RedisTestBroker(driver, RedisServers.HOST, server.port());
				RedisTestBroker otherBroker = new RedisTestBroker(driver, RedisServers.HOST, other.port())) {
			RelayNode node = new RelayNode(broker.relay("lacking", new EnvelopeCodec(1000)));
			RelayNode promoted = new RelayNode(otherBroker.relay("lacking", new EnvelopeCodec(1000)));
			try {
				node.start().awaitRoundTrip(CONNECT);
				follow(replica, server.port());
				Position one = position(append(node, "one"));
				assertThat(master.waitReplicas(1, 10_000)).isOne();
				replica.replicaofNoOne();
				Position lost = position(append(node, "lost"));
				promoted.start().awaitRoundTrip(CONNECT);
				Position two = position(append(promoted, "two"));
				Position birth = new Position(two.epoch(), 1);
				assertThat(resume(promoted, one, 1)).isEqualTo(new LogContinuation(birth, true));
				assertThat(resume(promoted, lost, 2)).as("has had it").isEqualTo(new LogContinuation(birth, true));
				assertThat(resume(promoted, one, 1)).as("has not").isEqualTo(new LogContinuation(birth, false));
				assertThat(resume(promoted, one, 2)).isEqualTo(new LogContinuation(birth, false));
				assertThat(resume(promoted, lost, 2)).isEqualTo(new LogContinuation(birth, true));
				assertThat(texts(read(promoted, birth))).containsExactly("two");
			}
			finally {
				node.relay().stop();
				promoted.relay().stop();
			}
		}
	}

	@ParameterizedTest
	@EnumSource
	void aNodeInAChannelInWhichNothingWasPublishedGoesOnAfterARestart(Driver driver, @TempDir Path directory) {
		try (RedisServers.Standalone server = RedisServers.durable(directory);
				RedisTestBroker broker = new RedisTestBroker(driver, RedisServers.HOST, server.port())) {
			RelayNode node = new RelayNode(broker.relay("quiet", new EnvelopeCodec(1000)));
			try {
				node.start().awaitRoundTrip(CONNECT);
				Position before = node.log().position("log").join();
				restart(server, node);
				Position after = node.log().position("log").join();
				assertThat(after.epoch()).isNotEqualTo(before.epoch());
				assertThat(resume(node, before, 0)).isEqualTo(new LogContinuation(after, true));
				append(node, "one");
				assertThat(resume(node, before, 0)).isEqualTo(new LogContinuation(after, true));
				assertThat(texts(read(node, after))).containsExactly("one");
			}
			finally {
				node.relay().stop();
			}
		}
	}

	@ParameterizedTest
	@EnumSource
	@Covers(KnownFault.BROKER_FAILS_OVER)
	void aLogLostInAFailOverIsKnownWhenANodeHasReportedIt(Driver driver) {
		try (RedisServers.Standalone server = RedisServers.standalone();
				RedisServers.Standalone other = RedisServers.standalone();
				Jedis master = new Jedis(RedisServers.HOST, server.port());
				Jedis replica = new Jedis(RedisServers.HOST, other.port());
				RedisTestBroker broker = new RedisTestBroker(driver, RedisServers.HOST, server.port());
				RedisTestBroker otherBroker = new RedisTestBroker(driver, RedisServers.HOST, other.port())) {
			RelayNode node = new RelayNode(broker.relay("nothing", new EnvelopeCodec(1000)));
			RelayNode promoted = new RelayNode(otherBroker.relay("nothing", new EnvelopeCodec(1000)));
			try {
				node.start().awaitRoundTrip(CONNECT);
				Position before = node.log().position("log").join();
				follow(replica, server.port());
				assertThat(master.waitReplicas(1, 10_000)).isOne();
				replica.replicaofNoOne();
				Position lost = position(append(node, "lost"));
				promoted.start().awaitRoundTrip(CONNECT);
				Position unborn = promoted.log().position("log").join();
				assertThat(resume(promoted, before, 0)).isEqualTo(new LogContinuation(unborn, true));
				assertThat(resume(promoted, lost, 1)).as("has had it").isEqualTo(new LogContinuation(unborn, true));
				assertThat(resume(promoted, before, 0)).as("has not").isEqualTo(new LogContinuation(unborn, false));
				assertThat(position(append(promoted, "two"))).isEqualTo(new Position(unborn.epoch(), 1));
				assertThat(resume(promoted, before, 0)).isEqualTo(new LogContinuation(unborn, false));
				assertThat(resume(promoted, lost, 1)).isEqualTo(new LogContinuation(unborn, true));
			}
			finally {
				node.relay().stop();
				promoted.relay().stop();
			}
		}
	}

	private static LogContinuation resume(RelayNode node, Position delivered, long reached) {
		return node.log().resume("log", delivered, reached).orTimeout(10, TimeUnit.SECONDS).join();
	}

	private static List<String> texts(LogPage page) {
		assertThat(page.complete()).isTrue();
		return page.publications().stream().map((each) -> each.payload().asText()).toList();
	}

	/**
	 * The master becomes a replica and the master again, as by two fail-overs, while the
	 * log's node keeps its connection and has nothing to do. What the master alone had is
	 * lost, though it is the same process that goes on numbering.
	 */
	@ParameterizedTest
	@EnumSource
	void twoFailOversThereAndBackAreANewEpochThoughNobodyNoticedThem(Driver driver) {
		try (RedisServers.Standalone server = RedisServers.standalone();
				RedisServers.Standalone other = RedisServers.standalone();
				Jedis master = new Jedis(RedisServers.HOST, server.port());
				Jedis replica = new Jedis(RedisServers.HOST, other.port());
				RedisTestBroker broker = new RedisTestBroker(driver, RedisServers.HOST, server.port())) {
			RelayNode node = new RelayNode(broker.relay("there-and-back", new EnvelopeCodec(1000)));
			RelayNode late = new RelayNode(broker.relay("there-and-back", new EnvelopeCodec(1000)));
			try {
				node.start().awaitRoundTrip(CONNECT);
				append(node, "one");
				follow(replica, server.port());
				assertThat(master.waitReplicas(1, 10_000)).isOne();
				replica.replicaofNoOne();
				Position lost = position(append(node, "lost"));
				follow(master, other.port());
				master.replicaofNoOne();
				// Its connection was never closed, and it looks again after a while
				Position now = MachineTime.await(CONNECT)
					.until(() -> node.log().position("log").join(),
							(position) -> !position.epoch().equals(lost.epoch()));
				assertThat(now.offset()).isOne();
				assertThat(position(append(node, "two"))).isEqualTo(new Position(now.epoch(), 2));
				// The same offset again, and another message
				assertThat(read(node, lost).complete()).isFalse();
				late.start().awaitRoundTrip(CONNECT);
				assertThat(position(append(late, "three"))).isEqualTo(new Position(now.epoch(), 3));
				assertThat(position(append(node, "four"))).isEqualTo(new Position(now.epoch(), 4));
				assertThat(read(late, now).publications()).hasSize(3);
			}
			finally {
				node.relay().stop();
				late.relay().stop();
			}
		}
	}

	@ParameterizedTest
	@EnumSource
	void aFailOverIsANewEpochForWhoeverConnectsFirst(Driver driver) {
		try (RedisServers.Standalone server = RedisServers.standalone();
				RedisServers.Standalone other = RedisServers.standalone();
				Jedis replica = new Jedis(RedisServers.HOST, other.port());
				RedisTestBroker broker = new RedisTestBroker(driver, RedisServers.HOST, server.port());
				RedisTestBroker otherBroker = new RedisTestBroker(driver, RedisServers.HOST, other.port())) {
			RelayNode node = new RelayNode(broker.relay("promoted", new EnvelopeCodec(1000)));
			RelayNode promoted = new RelayNode(otherBroker.relay("promoted", new EnvelopeCodec(1000)));
			try {
				node.start().awaitRoundTrip(CONNECT);
				follow(replica, server.port());
				Position before = position(append(node, "one"));
				MachineTime.await(CONNECT).until(() -> replica.dbSize() >= 4);
				replica.replicaofNoOne();
				promoted.start().awaitRoundTrip(CONNECT);
				Position after = position(append(promoted, "two"));
				assertThat(after.epoch()).isNotEqualTo(before.epoch());
				assertThat(after.offset()).isEqualTo(2);
				assertThat(read(promoted, before).complete()).isFalse();
			}
			finally {
				node.relay().stop();
				promoted.relay().stop();
			}
		}
	}

	private static void follow(Jedis replica, int port) {
		replica.replicaof(RedisServers.HOST, port);
		MachineTime.await(CONNECT).until(() -> replica.info("replication").contains("master_link_status:up"));
	}

	@ParameterizedTest
	@EnumSource
	void theFirstUseOfALogWarnsOfAServerThatMayEvictIt(Driver driver, CapturedOutput output) {
		try (RedisServers.Standalone server = RedisServers.standalone();
				RedisTestBroker broker = new RedisTestBroker(driver, RedisServers.HOST, server.port());
				Jedis admin = new Jedis(RedisServers.HOST, server.port())) {
			admin.configSet("maxmemory", "100mb");
			admin.configSet("maxmemory-policy", "volatile-lru");
			RelayNode node = new RelayNode(broker.relay("eviction", new EnvelopeCodec(1000)));
			try {
				node.start().awaitRoundTrip(CONNECT);
				node.publish("ephemeral", "text");
				assertThat(output.getOut()).doesNotContain("maxmemory-policy");
				append(node, "one");
				append(node, "two");
				assertThat(output.getOut().lines().filter((line) -> line.contains("maxmemory-policy 'volatile-lru'")))
					.hasSize(1)
					.first()
					.asString()
					.contains("WARN")
					.contains("'noeviction'");
			}
			finally {
				node.relay().stop();
			}
		}
	}

	@ParameterizedTest
	@EnumSource
	void anAccountWithTheDocumentedRightsKeepsLogs(Driver driver) {
		try (RedisServers.Standalone server = RedisServers.standalone();
				Jedis admin = new Jedis(RedisServers.HOST, server.port())) {
			admin.aclSetUser("relay", RIGHTS);
			RelayNode node = accountNode(driver, server);
			try {
				node.start().awaitRoundTrip(CONNECT);
				LogOptions keyed = new LogOptions(2, Duration.ofMillis(1), "key", Duration.ofMinutes(1));
				for (int i = 0; i < 3; i++) {
					append(node, "text " + i);
				}
				receipt(node, "keyed", keyed);
				receipt(node, "keyed", keyed);
				assertThat(node.log().read("log", null, 10, ReadDirection.BACKWARD).join().complete()).isTrue();
				assertThat(read(node, null).complete()).isTrue();
			}
			finally {
				node.relay().stop();
			}
		}
	}

	@ParameterizedTest
	@EnumSource
	void anAccountThatMayNotRunScriptsStillCarriesEphemeralMessages(Driver driver) {
		try (RedisServers.Standalone server = RedisServers.standalone();
				Jedis admin = new Jedis(RedisServers.HOST, server.port())) {
			admin.aclSetUser("relay", "on", ">secret", "resetchannels", "&atmosphere:*", "+publish", "+subscribe",
					"+unsubscribe", "+ping", "+role", "+hello", "+client");
			RelayNode node = accountNode(driver, server);
			try {
				node.start().awaitRoundTrip(CONNECT);
				node.publish("room", "text");
				CompletableFuture<Receipt> receipt = node.relay().publish(node.recorded("log", "text", OPTIONS));
				Throwable failure = receipt.orTimeout(10, TimeUnit.SECONDS)
					.handle((done, ex) -> Failures.unwrap(ex))
					.join();
				assertThat(failure).isInstanceOf(RelayUnavailableException.class);
				assertThat(failure.getCause()).hasMessageContaining("NOPERM");
			}
			finally {
				node.relay().stop();
			}
		}
	}

	private static RelayNode accountNode(Driver driver, RedisServers.Standalone server) {
		RedisStandaloneConfiguration configuration = new RedisStandaloneConfiguration(RedisServers.HOST, server.port());
		configuration.setUsername("relay");
		configuration.setPassword("secret");
		return new RelayNode(new RedisRelay(
				(driver == Driver.LETTUCE) ? new LettuceConnectionFactory(configuration)
						: new JedisConnectionFactory(configuration),
				RedisTestBroker.settings("account", new EnvelopeCodec(1000))));
	}

	private static Receipt append(RelayNode node, String text) {
		return receipt(node, text, OPTIONS);
	}

	private static Receipt receipt(RelayNode node, String text, LogOptions options) {
		return node.relay().publish(node.recorded("log", text, options)).orTimeout(10, TimeUnit.SECONDS).join();
	}

	private static Position position(Receipt receipt) {
		Position position = receipt.position();
		assertThat(position).isNotNull();
		return position;
	}

	private static LogPage read(RelayNode node, @Nullable Position since) {
		return node.log().read("log", since, 100, ReadDirection.FORWARD).orTimeout(10, TimeUnit.SECONDS).join();
	}

}
