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

import org.springframework.data.redis.connection.RedisConnectionFactory;
import org.springframework.data.redis.connection.jedis.JedisConnectionFactory;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.util.ClassUtils;

/**
 * Creates connections from the application's configuration, but with the relay's own
 * client options, and separate from the application's connections.
 */
interface RedisDriver {

	/**
	 * Return the name of the client library.
	 * @return for example {@code lettuce}
	 */
	String name();

	/**
	 * Return the type of Redis deployment that the connections lead to.
	 * @return {@code standalone}, {@code sentinel} or {@code cluster}
	 */
	String topology();

	/**
	 * Return whether scripts can run for all keys.
	 * @return whether channels can be recorded
	 */
	default boolean runsScripts() {
		return true;
	}

	/**
	 * Connect. Blocks for as long as the connect and command timeouts allow.
	 * @param listener is told of messages, confirmations and losses, possibly before this
	 * method returns
	 * @return the open connections
	 * @throws RuntimeException if Redis cannot be reached
	 */
	RedisLink connect(RedisLink.Listener listener);

	/**
	 * Release the driver's resources. The driver can connect again afterwards.
	 */
	default void close() {
	}

	/**
	 * Create the driver for a connection factory.
	 * @param applicationFactory the application's connection factory, which is only read
	 * @param settings the relay's settings
	 * @return the driver
	 * @throws IllegalArgumentException if the factory's type is not supported
	 */
	static RedisDriver of(RedisConnectionFactory applicationFactory, RedisRelaySettings settings) {
		ClassLoader classLoader = RedisDriver.class.getClassLoader();
		if (ClassUtils.isPresent("io.lettuce.core.RedisClient", classLoader)
				&& applicationFactory instanceof LettuceConnectionFactory lettuce) {
			return new LettuceDriver(lettuce, settings);
		}
		if (ClassUtils.isPresent("redis.clients.jedis.Connection", classLoader)
				&& applicationFactory instanceof JedisConnectionFactory jedis) {
			return new JedisDriver(jedis, settings);
		}
		throw new IllegalArgumentException("The redis relay needs a LettuceConnectionFactory or a"
				+ " JedisConnectionFactory to derive its own connections from, but the application's is a "
				+ applicationFactory.getClass().getName()
				+ ". Define one of the two and mark it with @AtmosphereRelayConnection");
	}

}
