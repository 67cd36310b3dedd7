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
import java.util.List;
import java.util.UUID;

import io.github.atmosphererelay.contract.broker.RedisServers;
import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.GroupOptions.Start;
import io.github.atmosphererelay.relay.redis.internal.GroupTestNode.Handled;
import io.github.atmosphererelay.relay.redis.internal.RedisTestBroker.Driver;
import io.github.atmosphererelay.test.MachineTime;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
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

/**
 * Tests for consumer groups of an account that lacks rights on Redis.
 */
@ExtendWith(OutputCaptureExtension.class)
class RedisGroupRightsTests {

	private static final Duration LIMIT = Duration.ofSeconds(45);

	/** What the page about Redis names for recorded channels. */
	private static final String[] LOG_RIGHTS = { "on", ">secret", "resetchannels", "&atmosphere:*", "~atmosphere:*",
			"+publish", "+subscribe", "+unsubscribe", "+ping", "+role", "+eval", "+evalsha", "+info", "+time",
			"+pexpireat", "+unlink", "+xadd", "+xrange", "+xrevrange", "+xtrim", "+get", "+mget", "+set", "+zadd",
			"+zscore", "+zrangebyscore", "+zrem", "+zremrangebyrank", "+pexpire", "+hello", "+client" };

	/** What it names for groups. */
	private static final String[] GROUP_RIGHTS = { "+zrange", "+hget", "+hmget", "+hset", "+hsetnx", "+hdel", "+hscan",
			"+hlen", "+hgetall", "+sadd", "+smembers", "+del" };

	private static RedisServers.Standalone server;

	private final Handled handled = new Handled();

	private final String user = "user-" + UUID.randomUUID();

	@BeforeAll
	static void startServer() {
		server = RedisServers.standalone();
	}

	@AfterAll
	static void stopServer() {
		server.close();
	}

	private GroupTestNode node(Driver driver) {
		RedisStandaloneConfiguration configuration = new RedisStandaloneConfiguration(RedisServers.HOST, server.port());
		configuration.setUsername(this.user);
		configuration.setPassword("secret");
		return new GroupTestNode(
				new RedisRelay(
						(driver == Driver.LETTUCE) ? new LettuceConnectionFactory(configuration)
								: new JedisConnectionFactory(configuration),
						RedisTestBroker.settings("rights-" + UUID.randomUUID(), new EnvelopeCodec(1000))),
				Start.EARLIEST, this.handled);
	}

	private static List<String> warnings(CapturedOutput output) {
		return output.getOut().lines().filter((line) -> line.contains("Redis refuses what consumer groups")).toList();
	}

	@ParameterizedTest
	@EnumSource
	void aGroupWithoutItsRightsIsFailingAndLoggedOnceForEachReason(Driver driver, CapturedOutput output) {
		try (Jedis admin = new Jedis(RedisServers.HOST, server.port())) {
			admin.aclSetUser(this.user, LOG_RIGHTS);
			try (GroupTestNode node = node(driver)) {
				node.start();
				Guard guard = node.node().guards().of(Part.LISTENERS);
				MachineTime.await(LIMIT).until(() -> guard.isFailing() && guard.failures() >= 6);
				assertThat(node.node().guards().failing()).containsExactly(guard);
				assertThat(guard.lastFailure()).containsAnyOf("NOPERM", "can't run this command");
				assertThat(warnings(output)).doesNotHaveDuplicates()
					.hasSizeBetween(1, 4)
					.allMatch((line) -> line.contains("spring.data.redis.username"));
				GroupTestNode.publish(node.node(), "orders/1", "0");
				admin.aclSetUser(this.user, GROUP_RIGHTS);
				MachineTime.await(LIMIT)
					.untilAsserted(() -> assertThat(this.handled.texts("orders/1")).containsExactly("0"));
			}
		}
	}

	@Test
	void aRightThatOnlyTheOwnerOfALaneNeedsIsReportedToo(CapturedOutput output) {
		try (Jedis admin = new Jedis(RedisServers.HOST, server.port())) {
			admin.aclSetUser(this.user, LOG_RIGHTS);
			admin.aclSetUser(this.user, GROUP_RIGHTS);
			// What a new owner asks for what the former one has left
			admin.aclSetUser(this.user, "-smembers");
			try (GroupTestNode node = node(Driver.LETTUCE)) {
				node.start();
				Guard guard = node.node().guards().of(Part.LISTENERS);
				MachineTime.await(LIMIT).until(() -> guard.isFailing() && !warnings(output).isEmpty());
				assertThat(warnings(output)).singleElement()
					.asString()
					.containsAnyOf("NOPERM", "can't run this command");
			}
		}
	}

}
