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
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

import org.jspecify.annotations.Nullable;

/**
 * What one stream's subscriber knows: the version of each key. Messages of processes that
 * are late, or that repeat what they may have published, do not get past it. For one
 * thread at a time.
 */
final class StreamStates {

	private final int maxRemoved;

	private final ToPartition partitioner;

	/** The keys that the subscriber has. */
	private final Map<String, Known> known = new HashMap<>();

	/** The keys that the subscriber has not, in the order in which they were removed. */
	private final Map<String, Known> removed = new LinkedHashMap<>();

	/** What is not newer is old news, also of keys that are not known; by partition. */
	private final Map<Integer, StateVersion> floors = new HashMap<>();

	private final Set<Integer> doubtful = new HashSet<>();

	/**
	 * Create the states of a subscriber who knows nothing.
	 * @param maxRemoved how many removed keys are remembered; the bound of memory beside
	 * the keys that the subscriber has
	 * @param partitioner tells in which partition a key is
	 */
	StreamStates(int maxRemoved, ToPartition partitioner) {
		this.maxRemoved = maxRemoved;
		this.partitioner = partitioner;
	}

	/**
	 * Take a message.
	 * @return whether the subscriber is to get it
	 */
	boolean accept(StreamMessage message) {
		return accept(message, this.floors.get(message.partition()));
	}

	private boolean accept(StreamMessage message, @Nullable StateVersion floor) {
		Known before = find(message.key());
		if (before != null) {
			int order = message.version().compareTo(before.version);
			return (order > 0 || (order == 0 && before.isDeselected)) && take(message);
		}
		if (floor != null && !message.version().isNewerThan(floor)) {
			// Old news, or a key that was published late: only a snapshot can tell
			if (!message.isRemoval()) {
				this.doubtful.add(message.partition());
			}
			return false;
		}
		return take(message);
	}

	private @Nullable Known find(String key) {
		Known known = this.known.get(key);
		return (known != null) ? known : this.removed.get(key);
	}

	private boolean take(StreamMessage message) {
		Known now = new Known(message.version(), message.partition(), false);
		if (message.isRemoval()) {
			return remove(message.key(), now);
		}
		this.removed.remove(message.key());
		this.known.put(message.key(), now);
		return true;
	}

	private boolean remove(String key, Known now) {
		this.removed.remove(key);
		this.removed.put(key, now);
		boolean had = this.known.remove(key) != null;
		Iterator<Known> eldest = this.removed.values().iterator();
		while (this.removed.size() > this.maxRemoved) {
			Known forgotten = eldest.next();
			eldest.remove();
			raise(forgotten.partition, forgotten.version);
		}
		return had;
	}

	/**
	 * Take what is not newer for old news.
	 */
	void raise(int partition, StateVersion version) {
		this.floors.merge(partition, version, (first, second) -> first.isNewerThan(second) ? first : second);
	}

	/**
	 * Take a key from the subscriber that the stream does not have any more. If the
	 * stream gets it again, its version goes on where it was.
	 * @return whether the subscriber has it
	 */
	boolean deselect(String key) {
		Known known = find(key);
		return known != null && remove(key, new Known(known.version, known.partition, true));
	}

	/**
	 * Take the current states of a partition.
	 * @return the changes that the subscriber is to get
	 */
	List<StreamChange> accept(StreamSnapshot snapshot) {
		List<StreamChange> changes = new ArrayList<>();
		Set<String> keys = new HashSet<>();
		StateVersion floor = this.floors.get(snapshot.partition());
		// What is current at a later time than the floor's is no old news
		boolean current = snapshot.complete() && (floor == null || !floor.isNewerThan(snapshot.asOf()));
		for (StreamMessage message : snapshot.messages()) {
			keys.add(message.key());
			if (accept(message, current ? null : floor)) {
				changes.add(new StreamChange(message.key(), message.version(), message.view()));
			}
		}
		if (!snapshot.complete()) {
			return changes;
		}
		int partition = snapshot.partition();
		for (Map.Entry<String, Known> entry : List.copyOf(this.known.entrySet())) {
			Known each = entry.getValue();
			if (!keys.contains(entry.getKey()) && snapshot.asOf().isNewerThan(each.version)
					&& isIn(entry.getKey(), snapshot)) {
				remove(entry.getKey(), new Known(snapshot.asOf(), partition, false));
				changes.add(new StreamChange(entry.getKey(), snapshot.asOf(), null));
			}
		}
		raise(partition, snapshot.asOf());
		if (current) {
			this.doubtful.remove(partition);
		}
		return changes;
	}

	/**
	 * Return whether the partition of a snapshot has a key. After partitions were added,
	 * it may be another one than that of the last message.
	 */
	private boolean isIn(String key, StreamSnapshot snapshot) {
		int partitions = TopicGenerations.partitions(snapshot.asOf().generation());
		return this.partitioner.partition(key, partitions) == snapshot.partition();
	}

	/**
	 * Return the partitions of which something may be missing until the next snapshot.
	 */
	Set<Integer> doubtful() {
		return Set.copyOf(this.doubtful);
	}

	/**
	 * Tells in which partition of a topic a key is.
	 */
	@FunctionalInterface
	interface ToPartition {

		/**
		 * Return the partition of a key.
		 * @param partitions the number of partitions of the topic
		 */
		int partition(String key, int partitions);

	}

	/**
	 * What is known of a key.
	 *
	 * @param isDeselected whether the stream does not have the key at present, so that
	 * the subscriber is to get the same version again when it does
	 */
	private record Known(StateVersion version, int partition, boolean isDeselected) {

	}

	/**
	 * What a subscriber gets.
	 *
	 * @param key the key
	 * @param version its version
	 * @param view the view as JSON, or {@code null} if the key is not in the stream any
	 * more
	 */
	record StreamChange(String key, StateVersion version, byte @Nullable [] view) {

	}

}
