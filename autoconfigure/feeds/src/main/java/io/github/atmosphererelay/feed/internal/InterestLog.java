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

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

import io.github.atmosphererelay.feed.BackChannel;
import io.github.atmosphererelay.feed.InterestChange;
import io.github.atmosphererelay.guard.Guard;

/**
 * What the topic of interest says, read from its beginning on, and what its listener
 * knows of that. Records that the broker has removed, because newer ones have the same
 * key, make versions between unreadable; the newest one is always readable. For one
 * thread.
 */
final class InterestLog {

	private final BackChannel.Listener listener;

	private final Guard guard;

	private final Map<UUID, Map<String, State>> nodes = new HashMap<>();

	/** Whether the listener knows everything up to here. */
	private boolean live;

	InterestLog(BackChannel.Listener listener, Guard guard) {
		this.listener = listener;
		this.guard = guard;
	}

	/**
	 * Take the next record.
	 */
	void take(InterestRecord record) {
		if (record instanceof InterestRecord.Channel channel) {
			state(channel.node(), channel.feed()).take(channel);
		}
		else if (record instanceof InterestRecord.Version version) {
			take(version);
		}
		else if (record instanceof InterestRecord.Forgotten forgotten) {
			if (this.nodes.remove(forgotten.node()) != null && this.live) {
				this.guard.run(() -> this.listener.forgotten(forgotten.node()));
			}
		}
	}

	private State state(UUID node, String feed) {
		return this.nodes.computeIfAbsent(node, (key) -> new HashMap<>()).computeIfAbsent(feed, (key) -> new State());
	}

	private void take(InterestRecord.Version version) {
		State state = state(version.node(), version.feed());
		long before = state.version;
		state.version = version.version();
		boolean wasComplete = state.complete;
		state.complete = state.channels.size() == version.count();
		Set<String> added = Set.copyOf(state.added);
		Set<String> removed = Set.copyOf(state.removed);
		state.added.clear();
		state.removed.clear();
		if (!this.live) {
			return;
		}
		if (!state.complete) {
			if (wasComplete) {
				this.guard.run(() -> this.listener.forgotten(version.node()));
				report(version.node());
			}
		}
		else if (wasComplete && version.version() == before + 1) {
			this.guard.run(() -> this.listener
				.changed(new InterestChange(version.feed(), version.node(), version.version(), added, removed)));
		}
		else {
			report(version.node(), version.feed(), state);
		}
	}

	private void report(UUID node) {
		this.nodes.getOrDefault(node, Map.of()).forEach((feed, state) -> report(node, feed, state));
	}

	private void report(UUID node, String feed, State state) {
		if (state.complete) {
			Set<String> channels = Set.copyOf(state.channels);
			this.guard.run(() -> this.listener.replaced(feed, node, state.version, channels));
		}
	}

	/**
	 * Note that the end of the topic was reached: from now on the listener learns of each
	 * change.
	 */
	void live() {
		if (!this.live) {
			this.live = true;
			List.copyOf(this.nodes.keySet()).forEach(this::report);
		}
	}

	/**
	 * Begin again at the beginning of the topic, which may be another one.
	 */
	void clear() {
		List<UUID> known = List.copyOf(this.nodes.keySet());
		this.nodes.clear();
		if (this.live) {
			known.forEach((node) -> this.guard.run(() -> this.listener.forgotten(node)));
		}
		this.live = false;
	}

	/**
	 * Return the records that remove what the topic has of a node.
	 */
	List<InterestRecord> channels(UUID node) {
		List<InterestRecord> records = new ArrayList<>();
		this.nodes.getOrDefault(node, Map.of())
			.forEach((feed, state) -> state.channels
				.forEach((channel) -> records.add(new InterestRecord.Channel(node, feed, channel, false))));
		return records;
	}

	/**
	 * The feeds of which a node has published something.
	 */
	List<String> feeds(UUID node) {
		return List.copyOf(this.nodes.getOrDefault(node, Map.of()).keySet());
	}

	/**
	 * What a node wants of a feed.
	 */
	private static final class State {

		private final Set<String> channels = new HashSet<>();

		/** What has changed since the last version. */
		private final Set<String> added = new HashSet<>();

		private final Set<String> removed = new HashSet<>();

		private long version;

		private boolean complete;

		void take(InterestRecord.Channel record) {
			String channel = record.channel();
			if (record.wanted()) {
				this.channels.add(channel);
				this.added.add(channel);
				this.removed.remove(channel);
			}
			else {
				this.channels.remove(channel);
				this.added.remove(channel);
				this.removed.add(channel);
			}
		}

	}

}
