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
 * Makes connections as the application has configured them, but with the relay's own
 * client options and apart from the application's connections.
 */
interface RedisDriver {

	/**
	 * Return the name of the client library.
	 * @return for example {@code lettuce}
	 */
	String name();

	/**
	 * Return what the connections lead to.
	 * @return {@code standalone}, {@code sentinel} or {@code cluster}
	 */
	String topology();

	/**
	 * Return whether scripts reach the server of any key.
	 * @return whether there can be logs
	 */
	default boolean runsScripts() {
		return true;
	}

	/**
	 * Connect. Blocks for as long as the connect and command timeouts allow.
	 * @param listener receives what the connections bring, possibly before this method
	 * returns
	 * @return the open connections
	 * @throws RuntimeException if Redis cannot be reached
	 */
	RedisLink connect(RedisLink.Listener listener);

	/**
	 * Release what the driver holds beside its links. It can connect again afterwards.
	 */
	default void close() {
	}

	/**
	 * Choose the driver for a connection factory.
	 * @param applicationFactory the application's connection factory, only read
	 * @param settings the relay's settings
	 * @return the driver
	 * @throws IllegalArgumentException if the factory is of a kind that is not supported
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
				+ " JedisConnectionFactory, from which it derives its own connections, but got a "
				+ applicationFactory.getClass().getName());
	}

}
