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

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.random.RandomGenerator;

import org.jspecify.annotations.Nullable;

/**
 * Which partition of the forwarding topic each node reads, as the nodes themselves have
 * said it last. Partition 0 is the one in which they say so. One thread writes; any may
 * read.
 */
final class ForwardPlaces {

	/** A node that has said nothing for so long may be gone. */
	static final Duration LIFE = Duration.ofSeconds(30);

	private final Map<UUID, Place> places = new ConcurrentHashMap<>();

	/**
	 * Note that a node has said which partition it reads.
	 * @param time when the broker got that, in milliseconds
	 */
	void put(UUID node, int partition, long time) {
		this.places.put(node, new Place(partition, time));
	}

	/**
	 * Return the partition that a node reads.
	 */
	@Nullable Integer of(UUID node) {
		Place place = this.places.get(node);
		return (place != null) ? place.partition : null;
	}

	void forget(UUID node) {
		this.places.remove(node);
	}

	/**
	 * Return whether another node that may be alive reads a partition.
	 */
	boolean isShared(UUID node, int partition, long time) {
		return this.places.entrySet()
			.stream()
			.anyMatch((each) -> !each.getKey().equals(node) && each.getValue().partition == partition
					&& each.getValue().isAlive(time));
	}

	/**
	 * Choose a partition for a node, if possible one that nobody else reads.
	 * @param count the number of partitions, with the first one
	 */
	int choose(UUID node, int count, long time, RandomGenerator random) {
		Set<Integer> taken = new HashSet<>();
		this.places.forEach((id, place) -> {
			if (!id.equals(node) && place.isAlive(time)) {
				taken.add(place.partition);
			}
		});
		List<Integer> free = new ArrayList<>();
		for (int i = 1; i < count; i++) {
			if (!taken.contains(i)) {
				free.add(i);
			}
		}
		return free.isEmpty() ? 1 + random.nextInt(count - 1) : free.get(random.nextInt(free.size()));
	}

	/**
	 * Forget nodes that have said nothing for a while, and so cannot be reached.
	 */
	void expire(long time) {
		this.places.values().removeIf((place) -> !place.isAlive(time - 9 * LIFE.toMillis()));
	}

	private record Place(int partition, long time) {

		boolean isAlive(long now) {
			return now - this.time < LIFE.toMillis();
		}

	}

}
