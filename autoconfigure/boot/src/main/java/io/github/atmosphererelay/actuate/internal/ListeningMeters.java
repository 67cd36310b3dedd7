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

import java.util.Locale;
import java.util.function.IntSupplier;
import java.util.function.ToDoubleFunction;

import io.github.atmosphererelay.delivery.internal.BucketStatistics;
import io.github.atmosphererelay.listening.internal.BucketAgreement;
import io.github.atmosphererelay.listening.internal.ListeningStatistics;
import io.github.atmosphererelay.message.Discontinuity;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;

/**
 * The meters of the application's subscribers.
 */
public final class ListeningMeters implements MeterBinder {

	private final ListeningStatistics statistics;

	private final BucketStatistics buckets;

	private final IntSupplier waiting;

	private final BucketAgreement agreement;

	/**
	 * Create meters.
	 * @param statistics what they show of subscribers
	 * @param buckets what they show of buckets
	 * @param waiting returns how many channels wait to be announced
	 * @param agreement compares the buckets of the nodes
	 */
	public ListeningMeters(ListeningStatistics statistics, BucketStatistics buckets, IntSupplier waiting,
			BucketAgreement agreement) {
		this.statistics = statistics;
		this.buckets = buckets;
		this.waiting = waiting;
		this.agreement = agreement;
	}

	@Override
	public void bindTo(MeterRegistry registry) {
		gauge(registry, "subscribers", "subscribers", "Subscribers that the application has in channels of this node",
				ListeningStatistics::active);
		gauge(registry, "behind.subscribers", "subscribers",
				"Subscribers of recorded channels that read the log, because they have just begun or are too slow",
				ListeningStatistics::behind);
		gauge(registry, "buffered.messages", "messages", "Messages that wait for subscribers of the application",
				ListeningStatistics::bufferedMessages);
		gauge(registry, "buffered.bytes", "bytes", "Payload bytes that wait for subscribers of the application",
				ListeningStatistics::bufferedBytes);
		counter(registry, "received", "Messages passed to the application's subscribers, counted once for each",
				ListeningStatistics::received);
		counter(registry, "dropped",
				"Messages of ephemeral channels that were dropped because a subscriber of the application was too slow",
				ListeningStatistics::dropped);
		counter(registry, "failures", "Subscribers of the application that threw an exception",
				ListeningStatistics::failures);
		counter(registry, "handlers.failures", "Messages for which a method with @ChannelListener failed",
				ListeningStatistics::handlerFailures);
		counter(registry, "handlers.exceptions.failures",
				"Calls of a @MessageExceptionHandler of a bean with @ChannelListener that failed",
				ListeningStatistics::exceptionHandlerFailures);
		counter(registry, "handlers.restarts",
				"Times the stream of a method with @ChannelListener failed, so that it subscribed again",
				ListeningStatistics::restarts);
		counter(registry, "reads.failures",
				"Attempts of the application's subscribers to read a log or to find its end that failed, and are repeated",
				ListeningStatistics::failedReads);
		counter(registry, "discarded",
				"Messages that waited for a subscriber of the application when its stream ended with the node's stop",
				ListeningStatistics::discarded);
		counter(registry, "fallbacks",
				"Times a subscriber of a recorded channel was too slow for live messages and continued with the log",
				ListeningStatistics::fallbacks);
		bindBuckets(registry);
		for (Discontinuity.Reason reason : Discontinuity.Reason.values()) {
			FunctionCounter
				.builder("atmosphere.listening.discontinuities", this.statistics,
						(source) -> source.discontinuities(reason))
				.description(
						"Gaps that were reported to subscribers of the application, where messages are missing or may be")
				.tag("reason", reason.name().toLowerCase(Locale.ROOT))
				.register(registry);
		}
	}

	private void bindBuckets(MeterRegistry registry) {
		FunctionCounter.builder("atmosphere.listening.buckets.sent", this.buckets, BucketStatistics::sent)
			.description("Messages and announcements that were sent to buckets, for subscribers by pattern")
			.register(registry);
		FunctionCounter.builder("atmosphere.listening.buckets.failures", this.buckets, BucketStatistics::failed)
			.description("Messages and announcements that could not be sent to buckets; announcements are repeated")
			.register(registry);
		FunctionCounter.builder("atmosphere.listening.buckets.forgotten", this.buckets, BucketStatistics::forgotten)
			.description("Announcements that are not repeated, because too many channels wait for the broker")
			.register(registry);
		Gauge.builder("atmosphere.listening.buckets.waiting.channels", this.waiting, IntSupplier::getAsInt)
			.description("Recorded channels with a message that waits to be announced in a bucket")
			.baseUnit("channels")
			.register(registry);
		Gauge
			.builder("atmosphere.listening.buckets.different.nodes", this.agreement,
					(agreement) -> agreement.differences().size())
			.description("Nodes that distribute channels over other buckets than this node")
			.baseUnit("nodes")
			.register(registry);
	}

	private void gauge(MeterRegistry registry, String name, String unit, String description,
			ToDoubleFunction<ListeningStatistics> value) {
		Gauge.builder("atmosphere.listening." + name, this.statistics, value)
			.description(description)
			.baseUnit(unit)
			.register(registry);
	}

	private void counter(MeterRegistry registry, String name, String description,
			ToDoubleFunction<ListeningStatistics> value) {
		FunctionCounter.builder("atmosphere.listening." + name, this.statistics, value)
			.description(description)
			.register(registry);
	}

}
