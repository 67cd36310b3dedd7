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

package io.github.atmosphererelay.cluster;

import io.github.atmosphererelay.test.KafkaServer;
import io.github.atmosphererelay.test.TcpProxy;

/**
 * Presence of a cluster on Kafka.
 */
class PresenceOnKafkaTests extends AbstractPresenceClusterTests {

	private KafkaServer server;

	@Override
	void startBroker() {
		this.server = KafkaServer.create();
	}

	@Override
	void stopBroker() {
		this.server.close();
	}

	@Override
	String[] nodeProperties(boolean proxied) {
		TcpProxy way = proxied ? this.server.proxy() : this.server.direct();
		return new String[] { "atmosphere.relay.type=kafka", "spring.kafka.bootstrap-servers=127.0.0.1:" + way.port(),
				"management.health.redis.enabled=false" };
	}

	@Override
	TcpProxy proxy() {
		return this.server.proxy();
	}

}
