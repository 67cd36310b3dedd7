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

package io.github.atmosphererelay.test;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.test.RecordingClient.Delivery;
import io.github.atmosphererelay.test.RecordingClient.Stretch;

/**
 * Compares what clients have heard with each other, and with what publishers were told.
 * What is wrong is collected, and not thrown at once: one fault tells less than all.
 */
public final class Reconciliation {

	private static final int MAX_FAULTS = 20;

	/** What stands in the logs: channel, epoch, offset. */
	private final Map<String, Map<String, TreeMap<Long, String>>> logs = new TreeMap<>();

	private final Map<String, Set<String>> lives = new HashMap<>();

	private final List<String> faults = new ArrayList<>();

	private int told;

	/**
	 * Add a message that was found at a position, by whomever.
	 */
	public void found(String channel, String epoch, long offset, String data, Object by) {
		String before = this.logs.computeIfAbsent(channel, (name) -> new TreeMap<>())
			.computeIfAbsent(epoch, (name) -> new TreeMap<>())
			.put(offset, data);
		if (before != null && !before.equals(data)) {
			fault("%s has %s at %s:%d in %s, which is %s elsewhere", by, data, epoch, offset, channel, before);
		}
	}

	public void found(String channel, Position position, String data) {
		found(channel, position.epoch(), position.offset(), data, "a receipt");
	}

	/**
	 * Check that each message is in a log once, and compare each client with the logs.
	 * @param clients the clients, which have caught up
	 * @param maxLives how many lives a log may have had
	 */
	public void reconcile(Collection<RecordingClient> clients, int maxLives) {
		for (RecordingClient client : clients) {
			client.faults().forEach((fault) -> fault("%s", fault));
			client.heard()
				.forEach((channel, stretches) -> stretches.forEach((stretch) -> stretch.deliveries()
					.forEach((each) -> found(channel, stretch.epoch(), each.offset(), each.data(), client))));
		}
		this.logs.forEach((channel, epochs) -> epochs.forEach((epoch, log) -> {
			if (new HashSet<>(log.values()).size() != log.size()) {
				fault("a message stands twice in %s of %s", epoch, channel);
			}
		}));
		for (RecordingClient client : clients) {
			client.heard().forEach((channel, stretches) -> reconcile(client, channel, stretches));
		}
		this.lives.forEach((channel, epochs) -> {
			if (epochs.size() > maxLives) {
				fault("%s had the lives %s", channel, epochs);
			}
		});
	}

	private void reconcile(RecordingClient client, String channel, List<Stretch> stretches) {
		for (int i = 0; i < stretches.size(); i++) {
			Stretch stretch = stretches.get(i);
			boolean last = i == stretches.size() - 1;
			if (!last) {
				this.told++;
				if (stretch.epoch().equals(stretches.get(i + 1).epoch())) {
					fault("%s was told that it missed something of %s, whose log lives on", client, channel);
				}
			}
			this.lives.computeIfAbsent(channel, (name) -> new HashSet<>()).add(stretch.epoch());
			SortedMap<Long, String> log = this.logs.getOrDefault(channel, Map.of())
				.getOrDefault(stretch.epoch(), new TreeMap<>())
				.tailMap(stretch.since() + 1);
			// Whoever was told that something is missing does not have the end
			SortedMap<Long, String> expected = last ? log : log.headMap(stretch.offset() + 1);
			List<Delivery> all = new ArrayList<>();
			expected.forEach((offset, data) -> all.add(new Delivery(offset, data)));
			if (!all.equals(stretch.deliveries())) {
				List<Delivery> missing = new ArrayList<>(all);
				missing.removeAll(stretch.deliveries());
				fault("%s has %d of %d messages of %s after %s:%d, without %s", client, stretch.deliveries().size(),
						all.size(), channel, stretch.epoch(), stretch.since(), missing);
			}
		}
	}

	/**
	 * Return whether a message stands in a log.
	 */
	public boolean isRecorded(String channel, String data) {
		return this.logs.getOrDefault(channel, Map.of()).values().stream().anyMatch((log) -> log.containsValue(data));
	}

	public void fault(String fault, Object... arguments) {
		if (this.faults.size() < MAX_FAULTS) {
			this.faults.add(fault.formatted(arguments));
		}
	}

	public List<String> faults() {
		return this.faults;
	}

	/**
	 * Return how many times a client was told that it has missed something.
	 */
	public int told() {
		return this.told;
	}

}
