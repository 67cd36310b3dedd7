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

import io.lettuce.core.ClientOptions;
import io.lettuce.core.ClientOptions.DisconnectedBehavior;
import io.lettuce.core.ReadFrom;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.SslVerifyMode;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.protocol.RedisCommand;
import io.lettuce.core.resource.ClientResources;

import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration;
import org.springframework.data.redis.connection.lettuce.RedisCredentialsProviderFactory;

/**
 * The application's Lettuce configuration, with the relay's own options for the time
 * while Redis is away. Never pooled.
 */
final class LettuceRelayClientConfiguration implements LettuceClientConfiguration {

	private final LettuceClientConfiguration application;

	private final ClientResources resources;

	private final RedisRelaySettings settings;

	LettuceRelayClientConfiguration(LettuceClientConfiguration application, ClientResources resources,
			RedisRelaySettings settings) {
		this.application = application;
		this.resources = resources;
		this.settings = settings;
	}

	@Override
	public Optional<ClientOptions> getClientOptions() {
		ClientOptions options = this.application.getClientOptions().orElseGet(ClientOptions::create);
		SocketOptions socketOptions = options.getSocketOptions()
			.mutate()
			.connectTimeout(this.settings.commandTimeout())
			.build();
		// Lettuce must not reconnect by itself, so that nothing is ever sent twice:
		// pending commands end with their connection, and later ones are refused. The
		// relay replaces the connection instead.
		return Optional.of(options.mutate()
			.autoReconnect(false)
			.replayFilter((command) -> true)
			.disconnectedBehavior(DisconnectedBehavior.REJECT_COMMANDS)
			// The link's own limit is more exact. This one applies only if many commands
			// whose callers have timed out are still in the queue
			.requestQueueSize((int) Math.min(Integer.MAX_VALUE - 1, 2L * this.settings.maxPending() + 1000))
			.timeoutOptions(TimeoutOptions.builder().timeoutSource(new AnswerTimeouts(this.settings)).build())
			.socketOptions(socketOptions)
			.build());
	}

	@Override
	public Optional<ClientResources> getClientResources() {
		return Optional.of(this.resources);
	}

	@Override
	public Optional<String> getClientName() {
		return Optional.of(this.application.getClientName().map((name) -> name + "-relay").orElse("atmosphere-relay"));
	}

	@Override
	public Duration getCommandTimeout() {
		return this.settings.commandTimeout();
	}

	@Override
	public Optional<ReadFrom> getReadFrom() {
		return Optional.empty();
	}

	@Override
	public Duration getShutdownTimeout() {
		return Duration.ofMillis(500);
	}

	@Override
	public Duration getShutdownQuietPeriod() {
		return Duration.ZERO;
	}

	@Override
	public boolean isUseSsl() {
		return this.application.isUseSsl();
	}

	@Override
	@SuppressWarnings("deprecation")
	public boolean isVerifyPeer() {
		return this.application.isVerifyPeer();
	}

	@Override
	public SslVerifyMode getVerifyMode() {
		return this.application.getVerifyMode();
	}

	@Override
	public boolean isStartTls() {
		return this.application.isStartTls();
	}

	@Override
	public Optional<RedisCredentialsProviderFactory> getRedisCredentialsProviderFactory() {
		return this.application.getRedisCredentialsProviderFactory();
	}

	/**
	 * Returns how long to wait for an answer. The confirmation of a subscription arrives
	 * after all messages that are already on the way through the connection. Closing the
	 * connection because of that delay would lose them. Probes check whether the
	 * connection works at all.
	 */
	private static final class AnswerTimeouts extends TimeoutOptions.TimeoutSource {

		private final RedisRelaySettings settings;

		private AnswerTimeouts(RedisRelaySettings settings) {
			this.settings = settings;
		}

		@Override
		public long getTimeout(RedisCommand<?, ?, ?> command) {
			boolean subscription = command.getType() == CommandType.SUBSCRIBE
					|| command.getType() == CommandType.UNSUBSCRIBE;
			return (subscription ? RedisConnector.CONFIRMATION_TIMEOUT : this.settings.commandTimeout()).toMillis();
		}

	}

}
