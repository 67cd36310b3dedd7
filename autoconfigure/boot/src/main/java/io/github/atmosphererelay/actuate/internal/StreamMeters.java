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
import java.util.function.ToDoubleFunction;

import io.github.atmosphererelay.stream.internal.ReducerProgress;
import io.github.atmosphererelay.stream.internal.ReducerStatistics;
import io.github.atmosphererelay.stream.internal.SetAsideReason;
import io.github.atmosphererelay.stream.internal.StreamRefusedException;
import io.github.atmosphererelay.stream.internal.Streams;
import io.github.atmosphererelay.stream.internal.Streams.Figures;
import io.github.atmosphererelay.stream.internal.WriteOutcome;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;

/**
 * The meters of reducers and streams in this process.
 */
public final class StreamMeters implements MeterBinder {

	private final Streams streams;

	/**
	 * Create meters.
	 * @param streams the streams
	 */
	public StreamMeters(Streams streams) {
		this.streams = streams;
	}

	@Override
	public void bindTo(MeterRegistry registry) {
		gauge(registry, "known", "Streams of the cluster", Figures::streams);
		gauge(registry, "keys", "Keys of all streams, with a query as one", Figures::keys);
		gauge(registry, "subscribed", "Streams with subscribers on this node", Figures::subscribed);
		gauge(registry, "interests", "Keys and queries that this node listens to", Figures::interests);
		count(registry, "overflows", "Messages to streams that were left out because too many waited",
				Figures::overflows);
		count(registry, "too.large", "Views that were left out because they are larger than the relay carries",
				Figures::tooLarge);
		count(registry, "refused", "Commands of streams that did not fit or could not be read", Figures::refused);
		for (StreamRefusedException.Reason reason : StreamRefusedException.Reason.values()) {
			FunctionCounter
				.builder("atmosphere.streams.requests.refused", this.streams.refusals(),
						(refusals) -> refusals.of(reason))
				.description("Requests for streams that were refused")
				.tag("reason", reason.name().toLowerCase(Locale.ROOT))
				.register(registry);
		}
		this.streams.statistics().forEach((name, statistics) -> bind(registry, name, statistics));
		for (String reducer : this.streams.statistics().keySet()) {
			gauge(registry, reducer, "lag",
					"Records of the reducer's partitions in this process that are not folded yet",
					ReducerProgress::lag);
			gauge(registry, reducer, "partitions", "Partitions that this process has of the reducer's topic",
					ReducerProgress::partitions);
			gauge(registry, reducer, "failing",
					"Partitions of the reducer in this process that wait for the store, the relay or the broker",
					(progress) -> progress.problems().size());
		}
	}

	private void gauge(MeterRegistry registry, String reducer, String name, String description,
			ToDoubleFunction<ReducerProgress> value) {
		Gauge
			.builder("atmosphere.reducers." + name, this.streams,
					(streams) -> value.applyAsDouble(streams.progress(reducer)))
			.description(description)
			.tag("reducer", reducer)
			.register(registry);
	}

	private void gauge(MeterRegistry registry, String name, String description, ToDoubleFunction<Figures> value) {
		Gauge.builder("atmosphere.streams." + name, this.streams, (streams) -> value.applyAsDouble(streams.figures()))
			.description(description)
			.register(registry);
	}

	private void count(MeterRegistry registry, String name, String description, ToDoubleFunction<Figures> value) {
		FunctionCounter
			.builder("atmosphere.streams." + name, this.streams, (streams) -> value.applyAsDouble(streams.figures()))
			.description(description)
			.register(registry);
	}

	private static void bind(MeterRegistry registry, String reducer, ReducerStatistics statistics) {
		count(registry, reducer, statistics, "records", "Records that a reducer has read", ReducerStatistics::records);
		count(registry, reducer, statistics, "repeated", "Records that were in their state already",
				ReducerStatistics::repeated);
		count(registry, reducer, statistics, "loaded", "States that were read from the store",
				ReducerStatistics::loaded);
		count(registry, reducer, statistics, "published", "Messages of a reducer that the relay has taken",
				ReducerStatistics::published);
		count(registry, reducer, statistics, "unpublished",
				"Messages of a reducer that the relay has not taken, and that are repeated",
				ReducerStatistics::unpublished);
		count(registry, reducer, statistics, "retries", "Times that a partition was read again after a failure",
				ReducerStatistics::retries);
		count(registry, reducer, statistics, "rebuilds", "Times that the states of a partition were rebuilt",
				ReducerStatistics::rebuilds);
		count(registry, reducer, statistics, "unrecovered",
				"Times that states were rebuilt from a topic that lacks their first records",
				ReducerStatistics::unrecovered);
		for (SetAsideReason reason : SetAsideReason.values()) {
			FunctionCounter
				.builder("atmosphere.reducers.set.aside", statistics, (counters) -> counters.setAside(reason))
				.description("Records, or views of them, that a reducer has set aside")
				.tag("reducer", reducer)
				.tag("reason", reason.tag())
				.register(registry);
		}
		for (WriteOutcome outcome : WriteOutcome.values()) {
			FunctionCounter.builder("atmosphere.reducers.written", statistics, (counters) -> counters.written(outcome))
				.description("States that a reducer has written, or has tried to")
				.tag("reducer", reducer)
				.tag("outcome", outcome.name().toLowerCase(Locale.ROOT))
				.register(registry);
		}
	}

	private static void count(MeterRegistry registry, String reducer, ReducerStatistics statistics, String name,
			String description, ToDoubleFunction<ReducerStatistics> value) {
		FunctionCounter.builder("atmosphere.reducers." + name, statistics, value)
			.description(description)
			.tag("reducer", reducer)
			.register(registry);
	}

}
