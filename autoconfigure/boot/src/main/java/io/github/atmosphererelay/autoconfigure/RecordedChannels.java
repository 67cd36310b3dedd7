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
import java.util.Comparator;
import java.util.stream.Stream;

import io.github.atmosphererelay.channel.internal.ChannelCatalog;
import io.github.atmosphererelay.channel.internal.ChannelOptions;
import io.github.atmosphererelay.channel.internal.HistoryOptions;

import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;

/**
 * Summarizes what the recorded channels of an application need from a relay's log.
 * Annotated endpoints add channels until the node starts, so answers before the start are
 * preliminary.
 */
final class RecordedChannels {

	private final ChannelCatalog catalog;

	RecordedChannels(ChannelCatalog catalog) {
		this.catalog = catalog;
	}

	/**
	 * Return whether there are recorded channels.
	 */
	boolean exist() {
		return options().findAny().isPresent();
	}

	/**
	 * Return the longest idempotency window of all recorded channels.
	 */
	Duration longestIdempotencyWindow() {
		return options().map(ChannelOptions::history)
			.map((history) -> (history != null) ? history.idempotencyWindow() : Duration.ZERO)
			.max(Comparator.naturalOrder())
			.orElse(HistoryOptions.DEFAULT_IDEMPOTENCY_WINDOW);
	}

	/**
	 * Check that the log keeps messages for at least as long as the history of any
	 * channel.
	 * @param property the property that sets how long the log keeps messages
	 * @param retention its value
	 */
	void requireRetention(String property, Duration retention) {
		options().forEach((options) -> {
			HistoryOptions history = options.history();
			if (history != null && history.ttl().compareTo(retention) > 0) {
				throw new InvalidConfigurationPropertyValueException(property, retention,
						"It must be at least the longest history of any channel: 'history.ttl' of the channels '"
								+ options.pattern() + "' is " + history.ttl() + ". Raise it, or shorten the history");
			}
		});
	}

	private Stream<ChannelOptions> options() {
		// A read-only channel's log belongs to another system, and this relay does not
		// keep it.
		return this.catalog.all()
			.stream()
			.filter((options) -> options.history() != null && !options.history().isReadOnly());
	}

}
