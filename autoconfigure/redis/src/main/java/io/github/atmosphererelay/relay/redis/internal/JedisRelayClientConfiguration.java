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

import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;

import javax.net.ssl.HostnameVerifier;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocketFactory;

import org.apache.commons.pool2.impl.GenericObjectPoolConfig;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.JedisClientConfig;

import org.springframework.data.redis.connection.jedis.JedisClientBuilderCustomizer;
import org.springframework.data.redis.connection.jedis.JedisClientConfigBuilderCustomizer;
import org.springframework.data.redis.connection.jedis.JedisClientConfiguration;

/**
 * The application's Jedis configuration, with the relay's own timeouts and without a
 * pool.
 */
final class JedisRelayClientConfiguration implements JedisClientConfiguration {

	private final JedisClientConfiguration application;

	private final RedisRelaySettings settings;

	private final Consumer<JedisClientConfig> built;

	/**
	 * Create a configuration.
	 * @param application the application's configuration
	 * @param settings the relay's settings
	 * @param built receives the configuration that Spring Data builds from it for Jedis
	 */
	JedisRelayClientConfiguration(JedisClientConfiguration application, RedisRelaySettings settings,
			Consumer<JedisClientConfig> built) {
		this.application = application;
		this.settings = settings;
		this.built = built;
	}

	@Override
	public Optional<JedisClientConfigBuilderCustomizer> getClientConfigCustomizer() {
		return Optional.of(this::customize);
	}

	private void customize(DefaultJedisClientConfig.Builder builder) {
		this.application.getClientConfigCustomizer().ifPresent((customizer) -> customizer.customize(builder));
		int timeout = Math.toIntExact(this.settings.commandTimeout().toMillis());
		builder.connectionTimeoutMillis(timeout);
		builder.socketTimeoutMillis(timeout);
		// No timeout: a subscriber waits as long as there are no messages
		builder.blockingSocketTimeoutMillis(0);
		this.built.accept(builder.build());
	}

	@Override
	public Optional<JedisClientBuilderCustomizer> getClientCustomizer() {
		return Optional.empty();
	}

	@Override
	public boolean isUseSsl() {
		return this.application.isUseSsl();
	}

	@Override
	public Optional<SSLSocketFactory> getSslSocketFactory() {
		return this.application.getSslSocketFactory();
	}

	@Override
	public Optional<SSLParameters> getSslParameters() {
		return this.application.getSslParameters();
	}

	@Override
	public Optional<HostnameVerifier> getHostnameVerifier() {
		return this.application.getHostnameVerifier();
	}

	@Override
	public boolean isUsePooling() {
		return false;
	}

	@Override
	public Optional<GenericObjectPoolConfig<?>> getPoolConfig() {
		return Optional.empty();
	}

	@Override
	public Optional<String> getClientName() {
		return Optional.of(this.application.getClientName().map((name) -> name + "-relay").orElse("atmosphere-relay"));
	}

	@Override
	public Duration getConnectTimeout() {
		return this.settings.commandTimeout();
	}

	@Override
	public Duration getReadTimeout() {
		return this.settings.commandTimeout();
	}

}
