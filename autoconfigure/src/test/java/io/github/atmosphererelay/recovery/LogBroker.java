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

package io.github.atmosphererelay.recovery;

import io.github.atmosphererelay.test.KafkaServer;
import io.github.atmosphererelay.test.RedisServers;
import io.github.atmosphererelay.test.TcpProxy;

/**
 * A broker that keeps the logs of recorded channels, and can be stopped and started
 * again.
 */
interface LogBroker extends AutoCloseable {

	/**
	 * Return the properties of nodes that reach the broker undisturbed.
	 */
	String[] properties();

	/**
	 * Return the properties of a node that reaches the broker through {@link #proxy()}.
	 */
	String[] proxiedProperties();

	TcpProxy proxy();

	void stop();

	void start();

	/**
	 * Return whether the logs outlive a restart. If not, clients have to be told.
	 */
	boolean keepsLogs();

	@Override
	void close();

	/**
	 * Redis, without persistence.
	 */
	final class Redis implements LogBroker {

		private final RedisServers.Standalone server = RedisServers.standalone();

		private final TcpProxy proxy = TcpProxy.start(RedisServers.HOST, this.server.port());

		int port() {
			return this.server.port();
		}

		@Override
		public String[] properties() {
			return properties(this.server.port());
		}

		@Override
		public String[] proxiedProperties() {
			return properties(this.proxy.port());
		}

		private static String[] properties(int port) {
			return new String[] { "atmosphere.relay.type=redis", "spring.data.redis.host=" + RedisServers.HOST,
					"spring.data.redis.port=" + port };
		}

		@Override
		public TcpProxy proxy() {
			return this.proxy;
		}

		@Override
		public void stop() {
			this.server.stop();
		}

		@Override
		public void start() {
			this.server.start();
		}

		@Override
		public boolean keepsLogs() {
			return false;
		}

		@Override
		public void close() {
			this.proxy.close();
			this.server.close();
		}

	}

	/**
	 * Kafka, killed where it is stopped.
	 */
	final class Kafka implements LogBroker {

		private final KafkaServer server = KafkaServer.create();

		KafkaServer server() {
			return this.server;
		}

		@Override
		public String[] properties() {
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
		public void stop() {
			this.server.kill();
		}

		@Override
		public void start() {
			this.server.start();
		}

		@Override
		public boolean keepsLogs() {
			return true;
		}

		@Override
		public void close() {
			this.server.close();
		}

	}

}
