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

package io.github.atmosphererelay.actuate.internal;

import java.util.function.ToDoubleFunction;

import io.github.atmosphererelay.feed.internal.Feed;
import io.github.atmosphererelay.feed.internal.FeedStatistics;
import io.github.atmosphererelay.feed.internal.ForwardingStatistics;
import io.github.atmosphererelay.feed.internal.SkipReason;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import org.jspecify.annotations.Nullable;

/**
 * The meters of one feed on this node.
 */
public final class FeedMeters implements MeterBinder {

	private final Feed feed;

	/**
	 * Create meters.
	 * @param feed the feed, whose name comes from the properties
	 */
	public FeedMeters(Feed feed) {
		this.feed = feed;
	}

	@Override
	public void bindTo(MeterRegistry registry) {
		gauge(registry, "up", "Whether the records of a feed arrive", null, (feed) -> feed.isUp() ? 1 : 0);
		gauge(registry, "lag.messages", "Records of a feed's topic that this node has not read yet", "messages",
				Feed::lag);
		gauge(registry, "memory.bytes", "Messages of a feed that are kept in memory for clients that recover", "bytes",
				Feed::memoryBytes);
		gauge(registry, "snapshots.bytes", "Current values of a feed that are kept in memory for new subscribers",
				"bytes", Feed::snapshotBytes);
		count(registry, "records", "Records of a feed's topic that this node has read", null, FeedStatistics::records);
		count(registry, "bytes", "Keys and values of the records of a feed that this node has read", "bytes",
				FeedStatistics::bytes);
		count(registry, "mapped", "Records of a feed that have become messages", null, FeedStatistics::mapped);
		count(registry, "delivered", "Messages of a feed in channels with subscribers on this node", null,
				FeedStatistics::delivered);
		count(registry, "unwanted", "Messages of a feed in channels without subscribers on this node", null,
				FeedStatistics::unwanted);
		count(registry, "gaps", "Interruptions of a feed after which its channels have read their logs", null,
				FeedStatistics::gaps);
		count(registry, "scans", "Reads of a feed's topic for clients that recover", null, FeedStatistics::scans);
		count(registry, "scans.bytes", "Records that were read for clients that recover", "bytes",
				FeedStatistics::scannedBytes);
		count(registry, "scans.timeouts", "Clients that have not recovered because a read took too long", null,
				FeedStatistics::scanTimeouts);
		if (!this.feed.settings().isForEveryone()) {
			bindForwarding(registry);
		}
		snapshots(registry, "known", FeedStatistics::snapshots);
		snapshots(registry, "unknown", FeedStatistics::missingSnapshots);
		for (SkipReason reason : SkipReason.values()) {
			FunctionCounter
				.builder("atmosphere.feeds.skipped", this.feed.statistics(), (counters) -> counters.skipped(reason))
				.description("Records of a feed that were not delivered")
				.tag("feed", this.feed.name())
				.tag("reason", reason.tag())
				.register(registry);
		}
	}

	private void bindForwarding(MeterRegistry registry) {
		gauge(registry, "redistributed.partitions", "Partitions of a feed that this process reads for all nodes",
				"partitions", (feed) -> feed.redistributed().size());
		forwarding(registry, "forwarded", "Records of a feed that this process has forwarded to a node", null,
				ForwardingStatistics::records);
		forwarding(registry, "forwarded.bytes", "Payloads of these records", "bytes", ForwardingStatistics::bytes);
		forwarding(registry, "forwarded.failures",
				"Messages to nodes that have failed, so that the nodes read the topic", null,
				ForwardingStatistics::failures);
		forwarding(registry, "forwarded.nobody", "Records of a feed that this process has read and no node wants", null,
				ForwardingStatistics::unwanted);
		forwarding(registry, "received", "Records of a feed that were forwarded to this node", null,
				ForwardingStatistics::receivedRecords);
		forwarding(registry, "received.bytes", "Payloads of these records", "bytes",
				ForwardingStatistics::receivedBytes);
		forwarding(registry, "received.again", "Messages of redistributors that this node has had before", null,
				ForwardingStatistics::repeatedRanges);
		forwarding(registry, "lost", "The most records that ephemeral channels of a feed may have lost", null,
				ForwardingStatistics::lost);
		forwarding(registry, "interest", "Changes of what this node wants of a feed that it has published", null,
				ForwardingStatistics::publications);
		forwarding(registry, "interest.failures", "Those that have failed, and were repeated", null,
				ForwardingStatistics::publicationFailures);
	}

	private void forwarding(MeterRegistry registry, String name, String description, @Nullable String unit,
			ToDoubleFunction<ForwardingStatistics> value) {
		count(registry, name, description, unit, (statistics) -> value.applyAsDouble(statistics.forwarding()));
	}

	private void snapshots(MeterRegistry registry, String outcome, ToDoubleFunction<FeedStatistics> value) {
		FunctionCounter.builder("atmosphere.feeds.snapshots", this.feed.statistics(), value)
			.description("Subscriptions that begin with the current value, or without it for want of memory")
			.tag("feed", this.feed.name())
			.tag("outcome", outcome)
			.register(registry);
	}

	private void gauge(MeterRegistry registry, String name, String description, @Nullable String unit,
			ToDoubleFunction<Feed> value) {
		Gauge.builder("atmosphere.feeds." + name, this.feed, value)
			.description(description)
			.tag("feed", this.feed.name())
			.baseUnit(unit)
			.register(registry);
	}

	private void count(MeterRegistry registry, String name, String description, @Nullable String unit,
			ToDoubleFunction<FeedStatistics> value) {
		FunctionCounter.builder("atmosphere.feeds." + name, this.feed.statistics(), value)
			.description(description)
			.tag("feed", this.feed.name())
			.baseUnit(unit)
			.register(registry);
	}

}
