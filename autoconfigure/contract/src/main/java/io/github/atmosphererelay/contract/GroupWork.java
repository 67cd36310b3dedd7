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

package io.github.atmosphererelay.contract;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;

import io.github.atmosphererelay.group.internal.GroupHandler;
import io.github.atmosphererelay.group.internal.GroupRunner;
import io.github.atmosphererelay.group.internal.GroupSettings;
import io.github.atmosphererelay.group.internal.GroupStatistics.Event;
import io.github.atmosphererelay.guard.Guards;
import io.github.atmosphererelay.guard.internal.Timers;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.relay.GroupOptions;
import io.github.atmosphererelay.test.GrowingThreads;
import org.jspecify.annotations.Nullable;

/**
 * A node's work in a group, as an application has it: a handler that fails for some
 * channels as long as the test says so, and for which nothing is ever set aside.
 */
final class GroupWork implements GroupHandler, AutoCloseable {

	private static final GroupSettings SETTINGS = new GroupSettings(8, Integer.MAX_VALUE, Duration.ofMillis(50),
			Duration.ofMillis(200), 50, 1000, 1024 * 1024, Duration.ofSeconds(5));

	private final ScheduledExecutorService scheduler = Executors.newSingleThreadScheduledExecutor();

	private final Map<String, List<String>> handled = new ConcurrentHashMap<>();

	/** When each message was handled, by channel and text. */
	private final Map<String, Long> times = new ConcurrentHashMap<>();

	private final Set<String> failing = ConcurrentHashMap.newKeySet();

	private final GroupRunner runner;

	/**
	 * Begin to work.
	 * @param node the node
	 * @param options the group
	 */
	GroupWork(RelayNode node, GroupOptions options) {
		this.runner = new GroupRunner(options, "orders/**", this, SETTINGS,
				Objects.requireNonNull(node.relay().groups(), "The relay has no groups"),
				new Timers(this.scheduler, new Guards()), (event) -> {
				}, new GrowingThreads());
		this.runner.start();
	}

	@Override
	public @Nullable CompletionStage<?> handle(Publication publication) {
		if (this.failing.contains(publication.channel())) {
			throw new IllegalStateException("expected");
		}
		String text = publication.payload().asText();
		this.times.put(publication.channel() + " " + text, System.nanoTime());
		this.handled.computeIfAbsent(publication.channel(), (channel) -> new CopyOnWriteArrayList<>()).add(text);
		return null;
	}

	@Override
	public String name() {
		return "Test.handle";
	}

	void fail(String channel) {
		this.failing.add(channel);
	}

	void succeed(String channel) {
		this.failing.remove(channel);
	}

	/**
	 * Return how many attempts have failed.
	 */
	long failures() {
		return this.runner.statistics().count(Event.FAILED);
	}

	List<String> texts(String channel) {
		return List.copyOf(this.handled.getOrDefault(channel, List.of()));
	}

	/**
	 * Return when a message was handled, by {@code System.nanoTime()}, or {@code null}.
	 */
	@Nullable Long time(String channel, String text) {
		return this.times.get(channel + " " + text);
	}

	@Override
	public void close() {
		this.runner.stop();
		this.scheduler.shutdownNow();
	}

}
