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

package io.github.atmosphererelay.feed.internal;

import java.time.Duration;
import java.util.List;
import java.util.Objects;

import org.jspecify.annotations.Nullable;

/**
 * The settings of a feed.
 *
 * @param name the feed's name in meters and logs
 * @param property the property that configures it, for errors, such as
 * {@code atmosphere.feeds[0]}
 * @param topic the topic's name
 * @param mode the mode's name, for operators
 * @param template names the channel of a record; {@code null} if the application maps
 * records
 * @param pattern the pattern of the channels
 * @param format what the values are
 * @param headers the headers that are passed on, with {@code *} for any characters
 * @param recovery how long records are kept in memory; zero if the channels are ephemeral
 * @param recoveryBytes the maximum size of the records in memory
 * @param scanTimeout within which time a read of older records has to end
 * @param maxMessageSize the maximum size of a message in bytes
 * @param snapshotBytes the maximum size of the current values of all channels; 0 if
 * subscribers do not begin with them
 * @param publishTimeout after which time a publisher gets an answer; {@code null} if
 * nobody may publish
 */
public record FeedSettings(String name, String property, String topic, String mode, @Nullable ChannelTemplate template,
		String pattern, ValueFormat format, List<String> headers, Duration recovery, long recoveryBytes,
		Duration scanTimeout, int maxMessageSize, long snapshotBytes, @Nullable Duration publishTimeout) {

	/** The mode in which each node reads all of the topic. */
	public static final String EVERYONE = "everyone";

	/** The mode in which clients are led to the node that reads their partition. */
	public static final String ROUTED = "routed";

	public FeedSettings {
		Objects.requireNonNull(name, "'name' must not be null");
		Objects.requireNonNull(topic, "'topic' must not be null");
		headers = List.copyOf(headers);
		if (recovery.isNegative()) {
			throw new IllegalArgumentException("'recovery' must not be negative");
		}
		if (recoveryBytes < 1) {
			throw new IllegalArgumentException("'recoveryBytes' must be positive");
		}
	}

	/**
	 * Return whether each node reads all of the topic.
	 * @return whether the mode is {@link #EVERYONE}
	 */
	public boolean isForEveryone() {
		return this.mode.equals(EVERYONE);
	}

	/**
	 * Return whether clients are led to the node that reads their partition.
	 * @return whether the mode is {@link #ROUTED}
	 */
	public boolean isRouted() {
		return this.mode.equals(ROUTED);
	}

	/**
	 * Return whether a subscriber first gets the current value of its channel.
	 * @return whether there are current values
	 */
	public boolean hasSnapshots() {
		return this.snapshotBytes > 0 && isRecorded();
	}

	/**
	 * Return whether the channels are recorded: clients get positions, and what they have
	 * missed. That needs the key to name the channel, because only then it is known which
	 * partition has a channel's records.
	 * @return whether the channels have a log
	 */
	public boolean isRecorded() {
		return this.template != null && this.template.isByKey() && !this.recovery.isZero();
	}

}
