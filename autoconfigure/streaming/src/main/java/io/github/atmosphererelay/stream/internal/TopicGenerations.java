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

package io.github.atmosphererelay.stream.internal;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

import org.jspecify.annotations.Nullable;

/**
 * Numbers the generations of topics: all members give the same number to the same topic
 * and number of partitions, and a larger one when the topic is made again or gets
 * partitions. The ids that a topic has had are in the topic of commands, in their order.
 * One thread applies commands; any thread reads.
 */
final class TopicGenerations {

	/** The prefix of keys in the topic of commands; no stream's id has it. */
	static final String PREFIX = "~topic/";

	/** How often a topic may be made again before a reducer needs another name. */
	static final int MAX_MADE = 1000;

	private static final int PARTITION_BITS = 20;

	private final Map<String, List<String>> ids = new ConcurrentHashMap<>();

	/** The topics whose last command does not have all ids. */
	private final Set<String> incomplete = ConcurrentHashMap.newKeySet();

	/**
	 * Return a number.
	 * @param made how often the topic was made before
	 */
	static long number(int made, int partitions) {
		return ((long) made << PARTITION_BITS) | partitions;
	}

	/**
	 * Return the number of the same topic with another number of partitions.
	 */
	static long withPartitions(long number, int partitions) {
		return ((number >> PARTITION_BITS) << PARTITION_BITS) | partitions;
	}

	static int partitions(long number) {
		return (int) (number & ((1 << PARTITION_BITS) - 1));
	}

	/**
	 * Return whether a state comes from a topic that was deleted.
	 */
	static boolean isOfEarlierTopic(long number, long present) {
		return (number >> PARTITION_BITS) < (present >> PARTITION_BITS);
	}

	/**
	 * Add the ids of a command. Two members may have written at the same time, each
	 * without knowing of the other.
	 */
	void apply(String topic, List<String> ids) {
		List<String> before = this.ids.getOrDefault(topic, List.of());
		Set<String> all = new LinkedHashSet<>(before);
		all.addAll(ids);
		List<String> after = List.copyOf(all);
		this.ids.put(topic, after);
		if (after.equals(ids)) {
			this.incomplete.remove(topic);
		}
		else {
			this.incomplete.add(topic);
		}
	}

	/**
	 * Return the number of a generation.
	 * @return the number, or {@code null} if the topic's id is not known yet
	 */
	@Nullable Long find(String topic, TopicLayout layout) {
		int made = this.ids.getOrDefault(topic, List.of()).indexOf(layout.id());
		return (made >= 0) ? number(made, layout.partitions()) : null;
	}

	/**
	 * Return what has to be written so that all members know an id.
	 * @return all ids of the topic, or {@code null} if nothing has to be written
	 * @throws IllegalStateException if the topic was made too often
	 */
	@Nullable List<String> toWrite(String topic, String id) {
		List<String> present = this.ids.getOrDefault(topic, List.of());
		if (present.contains(id)) {
			return this.incomplete.contains(topic) ? present : null;
		}
		if (present.size() >= MAX_MADE) {
			throw new IllegalStateException("The topic '" + topic + "' was made " + MAX_MADE
					+ " times. Use another name in Reducer.named(..).topic(..)");
		}
		List<String> all = new ArrayList<>(present);
		all.add(id);
		return all;
	}

}
