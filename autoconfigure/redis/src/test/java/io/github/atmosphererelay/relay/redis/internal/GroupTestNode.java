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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.contract.RelayNode;
import io.github.atmosphererelay.group.internal.GroupHandler;
import io.github.atmosphererelay.group.internal.GroupRunner;
import io.github.atmosphererelay.group.internal.GroupSettings;
import io.github.atmosphererelay.group.internal.GroupStatistics.Event;
import io.github.atmosphererelay.guard.Guards;
import io.github.atmosphererelay.guard.internal.Timers;
import io.github.atmosphererelay.message.LogOptions;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.relay.ClusterRelay;
import io.github.atmosphererelay.relay.GroupOptions;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.test.GrowingThreads;
import io.github.atmosphererelay.test.MachineTime;
import org.jspecify.annotations.Nullable;

/**
 * A node that handles the channels {@code orders/*} in the group {@code billing}.
 */
final class GroupTestNode implements AutoCloseable {

	static final LogOptions LOG = new LogOptions(10_000, Duration.ofHours(1), null, Duration.ofMinutes(5));

	private static final GroupSettings SETTINGS = new GroupSettings(8, 3, Duration.ofMillis(100), Duration.ofSeconds(1),
			50, 2000, 4 * 1024 * 1024, Duration.ofSeconds(5));

	private final ScheduledExecutorService scheduler = Executors.newSingleThreadScheduledExecutor();

	private final RelayNode node;

	private final GroupRunner runner;

	final List<Object> events = new CopyOnWriteArrayList<>();

	GroupTestNode(ClusterRelay relay, GroupOptions.Start start, Handling handling) {
		this.node = new RelayNode(relay);
		this.runner = new GroupRunner(new GroupOptions("billing", (channel) -> channel.startsWith("orders/"), start),
				"orders/*", new Handler(handling), SETTINGS, Objects.requireNonNull(relay.groups()),
				new Timers(this.scheduler, new Guards()), this.events::add, new GrowingThreads());
	}

	GroupTestNode start() {
		this.node.start();
		this.runner.start();
		return this;
	}

	RelayNode node() {
		return this.node;
	}

	GroupRunner runner() {
		return this.runner;
	}

	int lanes() {
		return this.runner.describe().lanes().size();
	}

	long count(Event event) {
		return this.runner.statistics().count(event);
	}

	@Override
	public void close() {
		this.runner.stop();
		this.node.relay().stop();
		this.scheduler.shutdownNow();
	}

	/**
	 * Publish a text.
	 */
	static void publish(RelayNode node, String channel, String text) {
		node.relay().publish(node.recorded(channel, text, LOG)).orTimeout(30, TimeUnit.SECONDS).join();
	}

	/**
	 * Publish a text, and try again until Redis has confirmed it. The idempotency key
	 * keeps it from being recorded twice.
	 */
	static void publishInTheEnd(RelayNode node, String channel, String text) {
		if (!isPublished(node, channel, text)) {
			MachineTime.await(Duration.ofSeconds(60)).until(() -> isPublished(node, channel, text));
		}
	}

	private static boolean isPublished(RelayNode node, String channel, String text) {
		LogOptions options = new LogOptions(LOG.size(), LOG.retention(), channel + "-" + text, Duration.ofMinutes(5));
		Outcome outcome = node.relay()
			.publish(node.recorded(channel, text, options))
			.orTimeout(30, TimeUnit.SECONDS)
			.handle((receipt, ex) -> (receipt != null) ? receipt.outcome() : Outcome.UNCONFIRMED)
			.join();
		return outcome == Outcome.RELAYED || outcome == Outcome.DUPLICATE;
	}

	/**
	 * What a test does with a message.
	 */
	interface Handling {

		void handle(String channel, String text) throws Exception;

	}

	/**
	 * Keeps what was handled, by channel.
	 */
	static final class Handled implements Handling {

		private final Map<String, List<String>> texts = new ConcurrentHashMap<>();

		@Override
		public void handle(String channel, String text) {
			List<String> texts = this.texts.computeIfAbsent(channel, (name) -> new ArrayList<>());
			synchronized (texts) {
				texts.add(text);
			}
		}

		List<String> texts(String channel) {
			List<String> texts = this.texts.getOrDefault(channel, List.of());
			synchronized (texts) {
				return List.copyOf(texts);
			}
		}

		int count() {
			return this.texts.keySet().stream().mapToInt((channel) -> texts(channel).size()).sum();
		}

		int distinct() {
			return this.texts.keySet()
				.stream()
				.mapToInt((channel) -> (int) texts(channel).stream().distinct().count())
				.sum();
		}

	}

	private record Handler(Handling handling) implements GroupHandler {

		@Override
		public @Nullable CompletionStage<?> handle(Publication publication) throws Exception {
			this.handling.handle(publication.channel(), publication.payload().asText());
			return null;
		}

		@Override
		public String name() {
			return "Test.handle";
		}

	}

}
