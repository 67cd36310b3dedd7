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
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

import io.github.atmosphererelay.contract.RelayNode;
import io.github.atmosphererelay.contract.broker.DatabaseServers;
import io.github.atmosphererelay.jdbc.internal.ShardedLog;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.GroupOptions;
import io.github.atmosphererelay.test.MachineTime;
import org.junit.jupiter.api.Test;

/**
 * When the lanes of a node end whose lease cannot be renewed.
 */
class JdbcGroupExpiryTests {

	private static final Duration LIMIT = Duration.ofSeconds(45);

	private final AtomicBoolean stalled = new AtomicBoolean();

	private final CountDownLatch waits = new CountDownLatch(1);

	private final CountDownLatch release = new CountDownLatch(1);

	@Test
	void lanesEndWhileTheThreadOfTheLeasesStillWaitsForTheDatabase() {
		JdbcTestBroker broker = new JdbcTestBroker(DatabaseServers.h2());
		ConnectionSource source = broker.source(broker.server().port());
		RelayNode node = new RelayNode(new JdbcRelay(() -> stalling(source.open()),
				broker.settings("expiry", new EnvelopeCodec(64 * 1024), Duration.ofSeconds(5))))
			.start()
			.awaitRoundTrip(LIMIT);
		try {
			LaneReadings member = new LaneReadings(node, "billing", GroupOptions.Start.LATEST);
			MachineTime.await(LIMIT).until(() -> member.lanes().size() == ShardedLog.SHARDS);
			this.stalled.set(true);
			MachineTime.await(LIMIT).until(() -> this.waits.getCount() == 0);
			MachineTime.await(LIMIT).until(() -> member.lanes().isEmpty());
			this.stalled.set(false);
			this.release.countDown();
			MachineTime.await(LIMIT).until(() -> member.lanes().size() == ShardedLog.SHARDS);
		}
		finally {
			this.release.countDown();
			node.relay().stop();
		}
	}

	private Connection stalling(Connection connection) {
		return (Connection) Proxy.newProxyInstance(JdbcGroupExpiryTests.class.getClassLoader(),
				new Class<?>[] { Connection.class }, (proxy, method, arguments) -> {
					if (this.stalled.get() && method.getName().equals("prepareStatement")
							&& ((String) arguments[0]).contains("SET GENERATION")) {
						this.waits.countDown();
						this.release.await(60, TimeUnit.SECONDS);
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
