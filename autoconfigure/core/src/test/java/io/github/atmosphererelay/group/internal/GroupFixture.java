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

package io.github.atmosphererelay.group.internal;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.guard.Guards;
import io.github.atmosphererelay.guard.internal.Timers;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Audience;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.LogOptions;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.message.WireFormatException;
import io.github.atmosphererelay.relay.ConsumerGroups;
import io.github.atmosphererelay.relay.GroupOptions;
import io.github.atmosphererelay.relay.RelayListener;
import io.github.atmosphererelay.relay.local.internal.LocalRelay;
import io.github.atmosphererelay.test.GrowingThreads;
import org.jspecify.annotations.Nullable;

/**
 * Runners of one group over the logs of a local relay.
 */
final class GroupFixture implements AutoCloseable {

	static final GroupSettings SETTINGS = new GroupSettings(8, 3, Duration.ofMillis(50), Duration.ofMillis(200), 50,
			1000, 1024 * 1024, Duration.ofSeconds(5));

	private final LocalRelay relay = new LocalRelay();

	private final ScheduledExecutorService scheduler = Executors.newSingleThreadScheduledExecutor();

	private final List<GroupRunner> runners = new ArrayList<>();

	final Guards guards = new Guards();

	final List<Object> events = new CopyOnWriteArrayList<>();

	/** The texts that were handled, by channel. */
	final Map<String, List<String>> handled = new ConcurrentHashMap<>();

	GroupFixture() {
		this.relay.start(new Deaf());
	}

	ConsumerGroups groups() {
		return this.relay.groups();
	}

	GroupRunner start(GroupSettings settings, Handling handling) {
		return start(settings, groups(), handling);
	}

	GroupRunner start(GroupSettings settings, ConsumerGroups groups, Handling handling) {
		GroupRunner runner = new GroupRunner(
				new GroupOptions("billing", (channel) -> channel.startsWith("orders/"), GroupOptions.Start.EARLIEST),
				"orders/**", new Recording(handling), settings, groups, new Timers(this.scheduler, this.guards),
				this.events::add, new GrowingThreads());
		this.runners.add(runner);
		runner.start();
		return runner;
	}

	void publish(String channel, int first, int count) {
		publish(channel, first, count, 10_000);
	}

	void publish(String channel, int first, int count, int logSize) {
		LogOptions options = new LogOptions(logSize, Duration.ofHours(1), null, Duration.ofMinutes(5));
		for (int i = first; i < first + count; i++) {
			this.relay.publish(new Envelope(UUID.randomUUID(), UUID.randomUUID(), Envelope.Kind.MESSAGE, 0,
					new Audience.Channel(channel, null), Map.of(), Payload.text(Integer.toString(i)), null, options));
		}
	}

	static List<String> texts(int first, int count) {
		List<String> texts = new ArrayList<>();
		for (int i = first; i < first + count; i++) {
			texts.add(Integer.toString(i));
		}
		return texts;
	}

	List<String> handled(String channel) {
		return this.handled.getOrDefault(channel, List.of());
	}

	int count() {
		return this.handled.values().stream().mapToInt(List::size).sum();
	}

	<T> List<T> events(Class<T> type) {
		return this.events.stream().filter(type::isInstance).map(type::cast).toList();
	}

	@Override
	public void close() throws InterruptedException {
		this.runners.forEach(GroupRunner::stop);
		this.relay.stop();
		this.scheduler.shutdownNow();
		this.scheduler.awaitTermination(5, TimeUnit.SECONDS);
	}

	/**
	 * What a test does with a message. If it throws, the message is not handled.
	 */
	interface Handling {

		@Nullable CompletionStage<?> handle(String channel, String text) throws Exception;

	}

	/**
	 * Keeps what was handled.
	 */
	private final class Recording implements GroupHandler {

		private final Handling handling;

		private Recording(Handling handling) {
			this.handling = handling;
		}

		@Override
		public @Nullable CompletionStage<?> handle(Publication publication) throws Exception {
			CompletionStage<?> stage = this.handling.handle(publication.channel(), publication.payload().asText());
			if (stage != null) {
				return stage.thenRun(() -> record(publication));
			}
			record(publication);
			return null;
		}

		private void record(Publication publication) {
			GroupFixture.this.handled.computeIfAbsent(publication.channel(), (name) -> new CopyOnWriteArrayList<>())
				.add(publication.payload().asText());
		}

		@Override
		public String name() {
			return "Test.handle";
		}

	}

	/**
	 * Nobody follows the channels.
	 */
	private static final class Deaf implements RelayListener {

		@Override
		public void received(Envelope envelope, @Nullable Position position) {
		}

		@Override
		public void rejected(WireFormatException.Reason reason) {
		}

		@Override
		public void gap(Address address) {
		}

		@Override
		public void connectionChanged(boolean connected) {
		}

	}

}
