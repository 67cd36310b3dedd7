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

package io.github.atmosphererelay.autoconfigure;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import io.github.atmosphererelay.autoconfigure.AtmosphereProperties.Channel;
import io.github.atmosphererelay.autoconfigure.AtmosphereProperties.Console;
import io.github.atmosphererelay.autoconfigure.AtmosphereProperties.History;
import io.github.atmosphererelay.channel.internal.ChannelCatalog;
import io.github.atmosphererelay.channel.internal.ChannelOptions;
import io.github.atmosphererelay.channel.internal.ChannelScope;
import io.github.atmosphererelay.channel.internal.HistoryOptions;
import io.github.atmosphererelay.session.internal.QueueLimits;
import io.github.atmosphererelay.session.internal.SlowConsumerPolicy;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.util.unit.DataSize;

/**
 * Converts the entries of {@code atmosphere.channels} to channel options. Errors name the
 * property that is wrong.
 */
final class ConfiguredChannels {

	/** A page that lags behind has no use for old rates. */
	private static final int CONSOLE_QUEUE = 256;

	private ConfiguredChannels() {
	}

	static List<ChannelOptions> of(List<Channel> channels, Console console, QueueLimits defaults) {
		List<ChannelOptions> options = new ArrayList<>();
		if (console.enabled()) {
			// First, because a pattern of the application may cover this channel and let
			// clients publish in it
			options.add(ChannelOptions
				.builder(console.channel(),
						new QueueLimits(CONSOLE_QUEUE, defaults.maxBytes(), SlowConsumerPolicy.DROP_OLDEST))
				.subscribe(console.subscribe())
				.build());
		}
		for (int i = 0; i < channels.size(); i++) {
			Channel channel = channels.get(i);
			String property = "atmosphere.channels[" + i + "]";
			String pattern = channel.pattern();
			if (pattern == null || pattern.isBlank()) {
				throw new InvalidConfigurationPropertyValueException(property + ".pattern", pattern,
						"Each entry of 'atmosphere.channels' needs a pattern, for example chat/**");
			}
			ChannelOptions each = ChannelOptions.builder(pattern, limits(channel, property, defaults))
				.clientPublish(channel.clientPublish())
				.subscribe(channel.subscribe())
				.scope(channel.scope())
				.echo(channel.echo())
				.presence(channel.presence())
				.history(history(channel, property))
				.sender(channel.sender())
				.buckets(buckets(channel, property))
				.build();
			check(each, property);
			options.add(each);
		}
		return options;
	}

	private static QueueLimits limits(Channel channel, String property, QueueLimits defaults) {
		Integer messages = channel.maxQueuedMessages();
		DataSize bytes = channel.maxQueuedBytes();
		if (messages != null && messages < 1) {
			throw new InvalidConfigurationPropertyValueException(property + ".max-queued-messages", messages,
					"It must be positive");
		}
		if (bytes != null && bytes.toBytes() < 1) {
			throw new InvalidConfigurationPropertyValueException(property + ".max-queued-bytes", bytes,
					"It must be positive");
		}
		return new QueueLimits((messages != null) ? messages : defaults.maxMessages(),
				(bytes != null) ? bytes.toBytes() : defaults.maxBytes(), policy(channel, property, defaults));
	}

	/**
	 * Return what happens when a client reads too slowly. In a recorded channel it is
	 * disconnected and recovers when it reconnects. If a message were dropped instead,
	 * the client would not notice the gap in the positions.
	 */
	private static SlowConsumerPolicy policy(Channel channel, String property, QueueLimits defaults) {
		SlowConsumerPolicy policy = channel.slowConsumer();
		if (channel.history().size() <= 0) {
			return (policy != null) ? policy : defaults.policy();
		}
		if (policy != null && policy != SlowConsumerPolicy.DISCONNECT) {
			throw new InvalidConfigurationPropertyValueException(property + ".slow-consumer", policy, "A channel with '"
					+ property + ".history.size' must not drop messages. Set it to disconnect, or remove it");
		}
		return SlowConsumerPolicy.DISCONNECT;
	}

	private static @Nullable HistoryOptions history(Channel channel, String property) {
		History history = channel.history();
		if (history.size() < 0) {
			throw new InvalidConfigurationPropertyValueException(property + ".history.size", history.size(),
					"It must not be negative");
		}
		if (history.size() == 0) {
			return null;
		}
		if (channel.scope() == ChannelScope.NODE) {
			throw new InvalidConfigurationPropertyValueException(property + ".history.size", history.size(),
					"A channel with '" + property
							+ ".scope' node cannot be recorded, because it has no log. Set scope to cluster, or"
							+ " history.size to 0");
		}
		atLeastASecond(property + ".history.ttl", history.ttl());
		atLeastASecond(property + ".history.idempotency-window", history.idempotencyWindow());
		return new HistoryOptions(history.size(), history.ttl(), history.idempotencyWindow());
	}

	private static int buckets(Channel channel, String property) {
		int buckets = channel.buckets();
		if (buckets < 0 || buckets > ChannelOptions.MAX_BUCKETS) {
			throw new InvalidConfigurationPropertyValueException(property + ".buckets", buckets,
					"It must be between 0 and " + ChannelOptions.MAX_BUCKETS);
		}
		if (buckets > 0 && channel.scope() == ChannelScope.NODE) {
			throw new InvalidConfigurationPropertyValueException(property + ".buckets", buckets,
					"Channels with '" + property + ".scope' node can be listened to by pattern without buckets, because"
							+ " no other node hears them. Set it to 0");
		}
		return buckets;
	}

	private static void atLeastASecond(String property, Duration value) {
		if (value.toSeconds() < 1) {
			throw new InvalidConfigurationPropertyValueException(property, value, "It must be at least a second");
		}
	}

	private static void check(ChannelOptions options, String property) {
		try {
			new ChannelCatalog(List.of(options));
		}
		catch (IllegalArgumentException ex) {
			throw new InvalidConfigurationPropertyValueException(property + ".pattern", options.pattern(),
					"It is not a valid pattern of channel names: " + ex.getMessage());
		}
	}

}
