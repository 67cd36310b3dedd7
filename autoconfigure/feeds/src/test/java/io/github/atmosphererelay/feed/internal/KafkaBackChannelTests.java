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

import io.github.atmosphererelay.contract.broker.KafkaServer;
import io.github.atmosphererelay.contract.broker.TcpProxy;
import io.github.atmosphererelay.feed.BackChannel;
import io.github.atmosphererelay.guard.Guards;
import io.github.atmosphererelay.guard.Part;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/**
 * The back channel on a topic of Kafka.
 */
class KafkaBackChannelTests extends BackChannelContractTests {

	private KafkaServer server;

	@BeforeAll
	void start() {
		this.server = KafkaServer.create();
	}

	@AfterAll
	void stop() {
		this.server.close();
	}

	@Override
	protected BackChannel create(String cluster) {
		return create(cluster, this.server.adminServers());
	}

	@Override
	protected BackChannel createBehindProxy(String cluster) {
		return create(cluster, "127.0.0.1:" + this.server.proxy().port());
	}

	private static BackChannel create(String cluster, String servers) {
		return new KafkaBackChannel(cluster + "-interest", new TestKafkaClients(servers), new Guards().of(Part.FEEDS));
	}

	@Override
	protected TcpProxy proxy() {
		return this.server.proxy();
	}

	@Override
	protected void restartBroker() {
		this.server.kill();
		this.server.start();
	}

}
