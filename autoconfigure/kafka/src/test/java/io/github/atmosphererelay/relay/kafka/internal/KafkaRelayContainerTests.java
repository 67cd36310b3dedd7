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

package io.github.atmosphererelay.relay.kafka.internal;

import java.util.concurrent.atomic.AtomicReference;

import io.github.atmosphererelay.contract.RelayBroker;
import io.github.atmosphererelay.contract.broker.TcpProxy;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.kafka.KafkaContainer;
import org.testcontainers.utility.DockerImageName;

/**
 * The contract against the broker of a container, where a Docker engine answers. The
 * system property {@code atmosphere.test.kafka-image} chooses another image.
 */
class KafkaRelayContainerTests extends KafkaRelayContractTests {

	private static final int DIRECT_PORT = 19092;

	private static final int PROXIED_PORT = 19093;

	private static @Nullable KafkaContainer container;

	private static @Nullable KafkaTestBroker broker;

	@BeforeAll
	static void startContainer() {
		if (!DockerClientFactory.instance().isDockerAvailable()) {
			String reason = "No Docker engine answers: the Kafka relay is not tested against a container";
			LogFactory.getLog(KafkaRelayContainerTests.class).warn(reason);
			Assumptions.abort(reason);
		}
		DockerImageName image = DockerImageName
			.parse(System.getProperty("atmosphere.test.kafka-image", "apache/kafka:4.1.0"))
			.asCompatibleSubstituteFor("apache/kafka");
		KafkaContainer kafka = new KafkaContainer(image);
		kafka.addExposedPorts(DIRECT_PORT, PROXIED_PORT);
		AtomicReference<TcpProxy> direct = new AtomicReference<>();
		AtomicReference<TcpProxy> proxy = new AtomicReference<>();
		kafka.withListener("direct:" + DIRECT_PORT, () -> open(direct, kafka, DIRECT_PORT))
			.withListener("proxied:" + PROXIED_PORT, () -> open(proxy, kafka, PROXIED_PORT));
		container = kafka;
		kafka.start();
		broker = new KafkaTestBroker(kafka.getBootstrapServers(), direct.get(), proxy.get());
	}

	@AfterAll
	static void stopContainer() {
		if (broker != null) {
			broker.direct().close();
			broker.proxy().close();
		}
		if (container != null) {
			container.stop();
		}
	}

	@Override
	protected RelayBroker broker() {
		if (broker == null) {
			throw new IllegalStateException("The container has not been started");
		}
		return broker;
	}

	/**
	 * The port of a container is known only once it runs, and the broker begins only when
	 * it is told its addresses.
	 */
	private static String open(AtomicReference<TcpProxy> proxy, KafkaContainer kafka, int port) {
		TcpProxy opened = proxy.updateAndGet(
				(present) -> (present != null) ? present : TcpProxy.start(kafka.getHost(), kafka.getMappedPort(port)));
		return opened.host() + ":" + opened.port();
	}

}
