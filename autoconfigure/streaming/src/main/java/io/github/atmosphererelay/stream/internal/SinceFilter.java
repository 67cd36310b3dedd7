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

import java.util.HashSet;
import java.util.Set;

import io.github.atmosphererelay.stream.internal.StreamStates.ToPartition;

/**
 * Tells what a client has already that begins with a snapshot, until all partitions have
 * been compared with it. For one thread at a time.
 */
final class SinceFilter {

	private final StreamPositions since;

	private final ToPartition partitioner;

	private final Set<Integer> compared = new HashSet<>();

	SinceFilter(StreamPositions since, ToPartition partitioner) {
		this.since = since;
		this.partitioner = partitioner;
	}

	/**
	 * Return whether the client has a state. What it has of a topic that was made again
	 * since, or of partitions that were added, it does not have.
	 */
	boolean has(String key, StateVersion version) {
		int partition = this.partitioner.partition(key, this.since.partitions());
		return partition >= 0 && partition < this.since.partitions() && version.generation() == this.since.generation()
				&& !version.isNewerThan(this.since.version(partition));
	}

	/**
	 * Note that all states of a partition were compared.
	 * @return whether that was the last partition
	 */
	boolean compared(int partition, int partitions) {
		this.compared.add(partition);
		return this.compared.size() >= partitions;
	}

}
