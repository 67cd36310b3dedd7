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

package io.github.atmosphererelay.broadcast;

import io.github.atmosphererelay.test.KafkaServer;
import io.github.atmosphererelay.test.RedisServers;
import io.github.atmosphererelay.test.TcpProxy;

/**
 * A real broker behind a proxy, as whole applications need it.
 */
interface ClusterBroker extends AutoCloseable {

	/**
	 * The properties with which a node uses the broker.
	 */
	String[] nodeProperties();

	TcpProxy proxy();

	void kill();

	/**
	 * Start the broker again. Returns when it answers.
	 */
	void start();

	/**
	 * Whether what the broker has acknowledged reaches nodes that were away meanwhile.
	 */
	boolean keepsWhatItAcknowledged();

	@Override
	void close();

	/**
	 * Redis.
	 */
	final class Redis implements ClusterBroker {

		private final RedisServers.Standalone server = RedisServers.standalone();

		private final TcpProxy proxy = TcpProxy.start(RedisServers.HOST, this.server.port());

		@Override
		public String[] nodeProperties() {
			return new String[] { "atmosphere.relay.type=redis", "spring.data.redis.host=127.0.0.1",
					"spring.data.redis.port=" + this.proxy.port() };
		}

		@Override
		public TcpProxy proxy() {
			return this.proxy;
		}

		@Override
		public void kill() {
			this.server.stop();
		}

		@Override
		public void start() {
			this.server.start();
		}

		@Override
		public boolean keepsWhatItAcknowledged() {
			return false;
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
		public String[] nodeProperties() {
			return new String[] { "atmosphere.relay.type=kafka",
					"spring.kafka.bootstrap-servers=127.0.0.1:" + this.server.proxy().port(),
					"management.health.redis.enabled=false" };
		}

		@Override
		public TcpProxy proxy() {
			return this.server.proxy();
		}

		@Override
		public void kill() {
			this.server.kill();
		}

		@Override
		public void start() {
			this.server.start();
		}

		@Override
		public boolean keepsWhatItAcknowledged() {
			return true;
		}

		@Override
		public void close() {
			this.server.close();
		}

	}

}
