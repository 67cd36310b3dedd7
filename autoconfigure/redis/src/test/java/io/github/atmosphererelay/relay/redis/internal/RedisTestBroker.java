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

package io.github.atmosphererelay.relay.redis.internal;

import java.nio.charset.StandardCharsets;
import java.time.Duration;

import io.github.atmosphererelay.contract.RelayBroker;
import io.github.atmosphererelay.contract.broker.TcpProxy;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.ClusterRelay;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import redis.clients.jedis.Jedis;

import org.springframework.data.redis.connection.RedisConfiguration;
import org.springframework.data.redis.connection.RedisConnectionFactory;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.jedis.JedisClientConfiguration;
import org.springframework.data.redis.connection.jedis.JedisConnectionFactory;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

/**
 * A Redis server and the relays over it, by one client library.
 */
final class RedisTestBroker implements RelayBroker, AutoCloseable {

	private final Driver driver;

	private final String host;

	private final int port;

	private final TcpProxy proxy;

	/**
	 * Shared by all factories, as an application's are.
	 */
	private final ClientResources resources = DefaultClientResources.create();

	private final Duration timeout;

	RedisTestBroker(Driver driver, String host, int port) {
		// Longer than a busy machine now and then stands still
		this(driver, host, port, Duration.ofSeconds(3));
	}

	/**
	 * Create a broker whose relays, but for those behind the proxy, wait for answers for
	 * so long.
	 */
	RedisTestBroker(Driver driver, String host, int port, Duration timeout) {
		this.timeout = timeout;
		this.driver = driver;
		this.host = host;
		this.port = port;
		this.proxy = TcpProxy.start(host, port);
	}

	static RedisRelaySettings settings(String cluster, EnvelopeCodec codec) {
		return new RedisRelaySettings("atmosphere:" + cluster + ":", codec, 10_000, Duration.ofSeconds(1));
	}

	@Override
	public ClusterRelay relay(String cluster, EnvelopeCodec codec) {
		return new RedisRelay(factory(this.host, this.port),
				new RedisRelaySettings("atmosphere:" + cluster + ":", codec, 10_000, this.timeout));
	}

	@Override
	public ClusterRelay proxiedRelay(String cluster, EnvelopeCodec codec) {
		return new RedisRelay(factory(this.proxy.host(), this.proxy.port()), settings(cluster, codec));
	}

	private RedisConnectionFactory factory(String host, int port) {
		RedisStandaloneConfiguration configuration = new RedisStandaloneConfiguration(host, port);
		if (this.driver == Driver.JEDIS) {
			return new JedisConnectionFactory(configuration, JedisClientConfiguration.defaultConfiguration());
		}
		return new LettuceConnectionFactory((RedisConfiguration) configuration,
				LettuceClientConfiguration.builder().clientResources(this.resources).build());
	}

	@Override
	public TcpProxy proxy() {
		return this.proxy;
	}

	@Override
	public void publishRaw(String cluster, Address address, byte[] bytes) {
		byte[] channel = ("atmosphere:" + cluster + ":" + address.value()).getBytes(StandardCharsets.UTF_8);
		try (Jedis jedis = new Jedis(this.host, this.port)) {
			jedis.publish(channel, bytes);
		}
	}

	@Override
	public long connections() {
		try (Jedis jedis = new Jedis(this.host, this.port)) {
			return jedis.clientList().lines().count() - 1;
		}
	}

	@Override
	public void close() {
		this.proxy.close();
		this.resources.shutdown().awaitUninterruptibly(2000);
	}

	enum Driver {

		LETTUCE, JEDIS

	}

}
