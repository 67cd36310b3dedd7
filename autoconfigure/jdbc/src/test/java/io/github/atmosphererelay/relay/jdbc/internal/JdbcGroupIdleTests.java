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

package io.github.atmosphererelay.relay.jdbc.internal;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.contract.RelayNode;
import io.github.atmosphererelay.contract.broker.DatabaseServers;
import io.github.atmosphererelay.jdbc.internal.ShardedLog;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.LogOptions;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.GroupOptions;
import io.github.atmosphererelay.test.MachineTime;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What groups ask of the database while there is nothing to handle.
 */
class JdbcGroupIdleTests {

	private static final Duration MEASURED = Duration.ofSeconds(6);

	/** Nobody had a group before. */
	@Test
	void aRelayWithoutGroupsDoesNotNeedTheirTables() {
		List<String> statements = new CopyOnWriteArrayList<>();
		RelayNode node = node(statements);
		try {
			node.publish("room", "text");
			assertThat(statements).isNotEmpty().noneMatch((sql) -> sql.contains("ATMOSPHERE_GROUP"));
		}
		finally {
			node.relay().stop();
		}
	}

	@Test
	void allGroupsOfANodeTogetherAskLessThanTwiceASecond() {
		List<String> statements = new CopyOnWriteArrayList<>();
		RelayNode node = node(statements);
		try {
			node.relay()
				.publish(node.recorded("orders/1", "text",
						new LogOptions(100, Duration.ofHours(1), null, Duration.ofMinutes(5))))
				.orTimeout(30, TimeUnit.SECONDS)
				.join();
			List<LaneReadings> members = List.of(new LaneReadings(node, "one", GroupOptions.Start.EARLIEST),
					new LaneReadings(node, "two", GroupOptions.Start.EARLIEST),
					new LaneReadings(node, "three", GroupOptions.Start.LATEST));
			members.get(0).read(1).commit(members.get(0).items().get(0));
			members.get(1).read(1).commit(members.get(1).items().get(0));
			MachineTime.await(MEASURED.multipliedBy(3))
				.until(() -> members.stream().allMatch((member) -> member.lanes().size() == ShardedLog.SHARDS));
			members.forEach(LaneReadings::readOnce);
			statements.clear();
			MachineTime start = MachineTime.start();
			MachineTime.await(MEASURED.multipliedBy(3)).pollInterval(Duration.ofSeconds(1)).until(() -> {
				// As each node does every two seconds
				members.forEach((member) -> assertThat(member.lag()).isZero());
				return start.elapsed().compareTo(MEASURED) >= 0;
			});
			double seconds = start.elapsed().toMillis() / 1000.0;
			List<String> asked = statements.stream().filter((sql) -> sql.contains("ATMOSPHERE_GROUP")).toList();
			assertThat(asked.size() / seconds).as("queries per second: %s", asked).isLessThan(2);
			assertThat(asked).isNotEmpty();
		}
		finally {
			node.relay().stop();
		}
	}

	/** As heartbeats and probes are. */
	@Test
	void rowsOfEphemeralChannelsWakeNoLaneAndAreNoLag() {
		List<String> statements = new CopyOnWriteArrayList<>();
		RelayNode node = node(statements);
		try {
			LaneReadings member = new LaneReadings(node, "one", GroupOptions.Start.EARLIEST);
			MachineTime.await(MEASURED.multipliedBy(3)).until(() -> member.lanes().size() == ShardedLog.SHARDS);
			member.readOnce();
			int woken = member.woken();
			node.subscribe(new Address.Channel("orders/1"));
			for (int i = 0; i < 20; i++) {
				Envelope sent = node.publish("orders/1", "text");
				MachineTime.await(MEASURED.multipliedBy(3)).until(() -> node.receivedIds().contains(sent.id()));
			}
			assertThat(member.woken()).isEqualTo(woken);
			MachineTime.await(MEASURED.multipliedBy(3)).until(() -> {
				statements.clear();
				assertThat(member.lag()).isZero();
				return statements.stream().noneMatch((sql) -> sql.contains("COUNT(*)"));
			});
			node.relay()
				.publish(node.recorded("orders/1", "recorded",
						new LogOptions(100, Duration.ofHours(1), null, Duration.ofMinutes(5))))
				.orTimeout(30, TimeUnit.SECONDS)
				.join();
			MachineTime.await(MEASURED.multipliedBy(3)).until(() -> member.woken() == woken + 1);
			assertThat(member.read(1).texts("orders/1")).containsExactly("recorded");
		}
		finally {
			node.relay().stop();
		}
	}

	private static RelayNode node(List<String> statements) {
		JdbcTestBroker broker = new JdbcTestBroker(DatabaseServers.h2());
		ConnectionSource source = broker.source(broker.server().port());
		JdbcRelay relay = new JdbcRelay(() -> recording(source.open(), statements),
				broker.settings("idle", new EnvelopeCodec(64 * 1024), Duration.ofSeconds(3)));
		return new RelayNode(relay).start().awaitRoundTrip(Duration.ofSeconds(45));
	}

	private static Connection recording(Connection connection, List<String> statements) {
		return (Connection) Proxy.newProxyInstance(JdbcGroupIdleTests.class.getClassLoader(),
				new Class<?>[] { Connection.class }, (proxy, method, arguments) -> {
					if (method.getName().equals("prepareStatement")) {
						statements.add((String) arguments[0]);
					}
					try {
						return method.invoke(connection, arguments);
					}
					catch (InvocationTargetException ex) {
						throw ex.getCause();
					}
				});
	}

}
