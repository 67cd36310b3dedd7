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

import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.contract.broker.KafkaServer;
import io.github.atmosphererelay.contract.broker.TcpProxy;
import io.github.atmosphererelay.feed.Forwarding;
import io.github.atmosphererelay.guard.Guards;
import io.github.atmosphererelay.guard.Part;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.KafkaException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Forwarding through a topic of Kafka.
 */
class KafkaForwardingTests extends ForwardingContractTests {

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
	protected Forwarding create(String cluster) {
		return create(cluster, this.server.adminServers());
	}

	@Override
	protected Forwarding createBehindProxy(String cluster) {
		return create(cluster, "127.0.0.1:" + this.server.proxy().port());
	}

	private static Forwarding create(String cluster, String servers) {
		return new KafkaForwarding(cluster + "-forward", new TestKafkaClients(servers), new Guards().of(Part.FEEDS));
	}

	/**
	 * One partition is for the places of the nodes. A node has to read another one.
	 */
	@Test
	void aTopicWithOnePartitionIsRefusedWithTheNumberThatItNeeds() throws Exception {
		try (Admin admin = this.server.admin()) {
			admin.createTopics(List.of(new NewTopic("narrow-forward", 1, (short) 1))).all().get(30, TimeUnit.SECONDS);
		}
		InternalTopic topic = new InternalTopic("narrow-forward", 12, Map.of());
		FeedClients clients = new TestKafkaClients(this.server.adminServers());
		assertThat(topic.ensure(clients)).isOne();
		assertThatExceptionOfType(KafkaException.class).isThrownBy(() -> topic.ensure(clients, 2))
			.withMessageContaining("narrow-forward")
			.withMessageContaining("needs 2");
	}

	@Override
	protected TcpProxy proxy() {
		return this.server.proxy();
	}

}
