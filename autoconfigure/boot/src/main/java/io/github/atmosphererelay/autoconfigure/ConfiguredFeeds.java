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
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

import io.github.atmosphererelay.autoconfigure.AtmosphereProperties.Channel;
import io.github.atmosphererelay.channel.internal.ChannelAccess;
import io.github.atmosphererelay.channel.internal.ChannelOptions;
import io.github.atmosphererelay.channel.internal.ChannelPattern;
import io.github.atmosphererelay.channel.internal.HistoryOptions;
import io.github.atmosphererelay.feed.internal.ChannelTemplate;
import io.github.atmosphererelay.feed.internal.Feed;
import io.github.atmosphererelay.feed.internal.FeedSettings;
import io.github.atmosphererelay.feed.internal.ValueFormat;
import io.github.atmosphererelay.session.internal.QueueLimits;
import io.github.atmosphererelay.session.internal.SlowConsumerPolicy;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;

/**
 * Converts the entries of {@code atmosphere.feeds}. Errors name the property that is
 * wrong.
 */
final class ConfiguredFeeds {

	private ConfiguredFeeds() {
	}

	static List<FeedSettings> settings(AtmosphereProperties properties) {
		List<FeedSettings> settings = new ArrayList<>();
		Set<String> names = new HashSet<>();
		List<AtmosphereProperties.Feed> feeds = properties.feeds();
		for (int i = 0; i < feeds.size(); i++) {
			String property = "atmosphere.feeds[" + i + "]";
			FeedSettings each = settings(feeds.get(i), property, properties);
			if (!names.add(each.name())) {
				throw invalid(property + ".name", each.name(),
						"Another feed has the same name. Give feeds of one topic different names");
			}
			settings.add(each);
		}
		return settings;
	}

	private static FeedSettings settings(AtmosphereProperties.Feed feed, String property,
			AtmosphereProperties properties) {
		String topic = required(property + ".topic", feed.topic(), "the topic to read, for example prices");
		String channel = required(property + ".channel", feed.channel(),
				"the channel of a record, for example prices/{key}");
		if (feed.recovery().isNegative()) {
			throw invalid(property + ".recovery", feed.recovery(), "It must not be negative");
		}
		if (feed.recoveryBytes().toBytes() < 1) {
			throw invalid(property + ".recovery-bytes", feed.recoveryBytes(), "It must be positive");
		}
		if (feed.scanTimeout().isNegative() || feed.scanTimeout().isZero()) {
			throw invalid(property + ".scan-timeout", feed.scanTimeout(), "It must be positive");
		}
		if (feed.snapshotBytes().toBytes() < 1) {
			throw invalid(property + ".snapshot-bytes", feed.snapshotBytes(), "It must be positive");
		}
		if (feed.maxRate() < 0) {
			throw invalid(property + ".max-rate", feed.maxRate(), "It must not be negative");
		}
		if (feed.maxRate() > 0 && feed.conflate() != FeedConflation.LATEST) {
			throw invalid(property + ".max-rate", feed.maxRate(),
					"It leaves messages out, which needs '" + property + ".conflate' to be latest");
		}
		if (feed.snapshot() && feed.mode() != FeedMode.EVERYONE) {
			throw invalid(property + ".snapshot", true,
					"Only with '" + property + ".mode' everyone, a node knows the current values of all channels");
		}
		ChannelTemplate template = (feed.mapping() == null) ? template(property, channel) : null;
		if (feed.mode() == FeedMode.ROUTED) {
			checkRouted(property, template, properties);
		}
		if (feed.publish() && (template == null || !template.isByKey())) {
			throw invalid(property + ".publish", true,
					"Only where '" + property + ".channel' is made from the key, it is known which record to write");
		}
		if (feed.snapshot() && (template == null || !template.isByKey() || feed.recovery().isZero())) {
			throw invalid(property + ".snapshot", true, "Only where '" + property
					+ ".channel' is made from the key, and 'recovery' is not 0, a channel has a current value");
		}
		String pattern = (template != null) ? template.pattern() : channel;
		checkPattern(property, channel, pattern);
		return new FeedSettings((feed.name() != null) ? feed.name() : topic, property, topic,
				feed.mode().name().toLowerCase(Locale.ROOT), template, pattern,
				ValueFormat.valueOf(feed.value().name()), feed.headers(), feed.recovery(),
				feed.recoveryBytes().toBytes(), feed.scanTimeout(), (int) properties.relay().maxMessageSize().toBytes(),
				feed.snapshot() ? feed.snapshotBytes().toBytes() : 0,
				feed.publish() ? properties.relay().publishTimeout() : null);
	}

	private static void checkRouted(String property, @Nullable ChannelTemplate template,
			AtmosphereProperties properties) {
		if (template == null || !template.isByKey()) {
			throw invalid(property + ".mode", FeedMode.ROUTED, "Only where '" + property
					+ ".channel' is made from the key, one partition has a channel, and one node serves it");
		}
		if (!properties.routing().enabled()) {
			throw invalid(property + ".mode", FeedMode.ROUTED,
					"Clients are led to their nodes by routing: set 'atmosphere.routing.enabled' to true, and"
							+ " 'atmosphere.cluster.node-name'");
		}
	}

	private static ChannelTemplate template(String property, String channel) {
		try {
			return ChannelTemplate.parse(channel);
		}
		catch (IllegalArgumentException ex) {
			throw invalid(property + ".channel", channel, "It names no channel: " + ex.getMessage());
		}
	}

	private static void checkPattern(String property, String channel, String pattern) {
		try {
			ChannelPattern.parse(pattern);
		}
		catch (IllegalArgumentException ex) {
			throw invalid(property + ".channel", channel,
					"It is not a valid pattern of channel names: " + ex.getMessage());
		}
	}

	private static String required(String property, @Nullable String value, String what) {
		if (value == null || value.isBlank()) {
			throw invalid(property, value, "Each entry of 'atmosphere.feeds' needs " + what);
		}
		return value;
	}

	/**
	 * Return the options of the feeds' channels.
	 * @param feeds the feeds, in the order of the properties
	 */
	static List<ChannelOptions> channels(List<Feed> feeds, AtmosphereProperties properties) {
		QueueLimits limits = QueueDefaults.of(properties);
		List<ChannelOptions> options = new ArrayList<>();
		for (int i = 0; i < feeds.size(); i++) {
			Feed feed = feeds.get(i);
			FeedSettings settings = feed.settings();
			AtmosphereProperties.Feed configured = properties.feeds().get(i);
			if (!configured.publish() && configured.clientPublish() != ChannelAccess.NONE) {
				throw invalid(settings.property() + ".client-publish", configured.clientPublish(),
						"Clients can publish only if '" + settings.property() + ".publish' is true");
			}
			ChannelOptions each = ChannelOptions.builder(settings.pattern(), limits(configured, settings, limits))
				.subscribe(configured.subscribe())
				.clientPublish(configured.clientPublish())
				.history(settings.isRecorded() ? new HistoryOptions(Integer.MAX_VALUE, settings.recovery(),
						HistoryOptions.DEFAULT_IDEMPOTENCY_WINDOW, feed.log()) : null)
				.source(feed)
				.build();
			checkOverlap(settings, options, properties);
			options.add(each);
		}
		return options;
	}

	private static QueueLimits limits(AtmosphereProperties.Feed feed, FeedSettings settings, QueueLimits limits) {
		if (feed.conflate() == FeedConflation.LATEST) {
			Duration interval = (feed.maxRate() > 0) ? Duration.ofNanos((long) (1_000_000_000L / feed.maxRate()))
					: Duration.ZERO;
			return new QueueLimits(limits.maxMessages(), limits.maxBytes(), SlowConsumerPolicy.LATEST, interval);
		}
		return settings.isRecorded() ? limits.disconnecting() : limits;
	}

	/**
	 * A channel belongs to one feed, or to a pattern of the application: its messages
	 * would come from elsewhere than expected.
	 */
	private static void checkOverlap(FeedSettings settings, List<ChannelOptions> others,
			AtmosphereProperties properties) {
		ChannelPattern pattern = ChannelPattern.parse(settings.pattern());
		for (ChannelOptions other : others) {
			if (pattern.mayOverlap(ChannelPattern.parse(other.pattern()))) {
				throw overlap(settings, "that of another feed, '" + other.pattern() + "'");
			}
		}
		List<Channel> channels = properties.channels();
		for (int i = 0; i < channels.size(); i++) {
			String other = channels.get(i).pattern();
			if (other != null && !other.isBlank() && pattern.mayOverlap(ChannelPattern.parse(other))) {
				throw overlap(settings, "'atmosphere.channels[" + i + "].pattern', '" + other + "'");
			}
		}
	}

	private static InvalidConfigurationPropertyValueException overlap(FeedSettings settings, String other) {
		return invalid(settings.property() + ".channel", settings.pattern(),
				"Its channels overlap with " + other + ". Give one of them another first segment");
	}

	private static InvalidConfigurationPropertyValueException invalid(String property, @Nullable Object value,
			String reason) {
		return new InvalidConfigurationPropertyValueException(property, value, reason);
	}

}
