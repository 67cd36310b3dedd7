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
import io.github.atmosphererelay.test.RedisServers;
import io.github.atmosphererelay.test.TcpProxy;

/**
 * A broker that all nodes but one reach directly, and that one through a proxy of its
 * own.
 */
interface ClusterBroker extends AutoCloseable {

	String[] directProperties();

	String[] proxiedProperties();

	TcpProxy proxy();

	@Override
	void close();

	/**
	 * Redis.
	 */
	final class Redis implements ClusterBroker {

		private final RedisServers.Standalone server = RedisServers.standalone();

		private final TcpProxy proxy = TcpProxy.start(RedisServers.HOST, this.server.port());

		@Override
		public String[] directProperties() {
			return properties(this.server.port());
		}

		@Override
		public String[] proxiedProperties() {
			return properties(this.proxy.port());
		}

		private static String[] properties(int port) {
			return new String[] { "atmosphere.relay.type=redis", "spring.data.redis.host=127.0.0.1",
					"spring.data.redis.port=" + port };
		}

		@Override
		public TcpProxy proxy() {
			return this.proxy;
		}

		@Override
		public void close() {
			this.proxy.close();
			this.server.close();
		}

	}

	/**
	 * Kafka.
	 */
	final class Kafka implements ClusterBroker {

		private final KafkaServer server = KafkaServer.create();

		@Override
		public String[] directProperties() {
			return properties(this.server.direct().port());
		}

		@Override
		public String[] proxiedProperties() {
			return properties(this.server.proxy().port());
		}

		private static String[] properties(int port) {
			return new String[] { "atmosphere.relay.type=kafka", "spring.kafka.bootstrap-servers=127.0.0.1:" + port,
					"management.health.redis.enabled=false" };
		}

		@Override
		public TcpProxy proxy() {
			return this.server.proxy();
		}

		@Override
		public void close() {
			this.server.close();
		}

	}

}
