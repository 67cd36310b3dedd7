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

package io.github.atmosphererelay.contract.broker;

import java.nio.file.Path;

/**
 * A real broker that one test uses alone. The test's nodes reach it directly, or through
 * a proxy that can disturb their connections.
 */
public interface Broker extends AutoCloseable {

	/**
	 * Return the properties of nodes that connect to the broker directly.
	 * @return arguments of the form {@code name=value}
	 */
	String[] directProperties();

	/**
	 * Return the properties of nodes that reach the broker through {@link #proxy()}.
	 * @return arguments of the form {@code name=value}
	 */
	String[] proxiedProperties();

	/**
	 * Return the proxy.
	 * @return the proxy, which is closed with the broker
	 */
	TcpProxy proxy();

	/**
	 * Kill the broker.
	 */
	void kill();

	/**
	 * Start the broker again. Returns when it answers.
	 */
	void start();

	/**
	 * Return whether the messages that the broker has acknowledged survive when it is
	 * killed, and reach the nodes that were disconnected meanwhile. If not, clients of
	 * recorded channels have to be told.
	 * @return {@code true} for a broker that keeps everything
	 */
	boolean keepsWhatItAcknowledged();

	@Override
	void close();

	/**
	 * Redis, without persistence unless it gets a directory.
	 */
	final class Redis implements Broker {

		private final RedisServers.Standalone server;

		private final TcpProxy proxy;

		private final boolean durable;

		public Redis() {
			this(RedisServers.standalone(), false);
		}

		/**
		 * Start a server that writes every command to disk.
		 * @param directory the directory for its data
		 */
		public Redis(Path directory) {
			this(RedisServers.durable(directory), true);
		}

		private Redis(RedisServers.Standalone server, boolean durable) {
			this.server = server;
			this.proxy = TcpProxy.start(RedisServers.HOST, server.port());
			this.durable = durable;
		}

		public RedisServers.Standalone server() {
			return this.server;
		}

		@Override
		public String[] directProperties() {
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
		public void kill() {
			this.server.kill();
		}

		@Override
		public void start() {
			this.server.start();
		}

		@Override
		public boolean keepsWhatItAcknowledged() {
			return this.durable;
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
	final class Kafka implements Broker {

		private final KafkaServer server = KafkaServer.create();

		public KafkaServer server() {
			return this.server;
		}

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

	/**
	 * PostgreSQL.
	 */
	final class Postgres extends DatabaseBroker {

		public Postgres() {
			super(DatabaseServers.newPostgres(), "postgresql");
		}

	}

	/**
	 * MariaDB.
	 */
	final class MariaDb extends DatabaseBroker {

		public MariaDb() {
			super(DatabaseServers.newMariaDb(), "mariadb");
		}

	}

	/**
	 * H2 as a server.
	 */
	final class H2 extends DatabaseBroker {

		public H2() {
			super(DatabaseServers.newH2(), "h2");
		}

	}

}
