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

import java.time.Duration;

import io.github.atmosphererelay.stream.Reducer;
import org.jspecify.annotations.Nullable;

/**
 * What all partitions of a reducer share in this process. For any thread.
 *
 * @param <S> the type of the states
 */
final class ReducerEngine<S> {

	private final ReducerFunctions<S> functions;

	private final ReducerInterest interest;

	private final KeyedStates states;

	private final StreamPublisher publisher;

	private final ReducerStatistics statistics;

	private final Settings settings;

	ReducerEngine(ReducerFunctions<S> functions, StreamTable table, KeyedStates states, StreamPublisher publisher,
			ReducerStatistics statistics, Settings settings) {
		this.functions = functions;
		this.interest = table.interest(functions.reducer().name());
		this.states = states;
		this.publisher = publisher;
		this.statistics = statistics;
		this.settings = settings;
	}

	/**
	 * Begin with a partition that was assigned to this process.
	 * @return the partition, for one thread at a time
	 */
	PartitionEngine<S> partition(PartitionRun run) {
		return new PartitionEngine<>(this, run);
	}

	ReducerFunctions<S> functions() {
		return this.functions;
	}

	Matches<S> matches() {
		return new Matches<>(this.functions, this.interest);
	}

	ReducerInterest interest() {
		return this.interest;
	}

	KeyedStates states() {
		return this.states;
	}

	StreamPublisher publisher() {
		return this.publisher;
	}

	ReducerStatistics statistics() {
		return this.statistics;
	}

	Settings settings() {
		return this.settings;
	}

	/**
	 * Bounds of a partition.
	 *
	 * @param cacheBytes the size of the cache of states, roughly
	 * @param publishTimeout how long a batch waits for the relay to take its messages
	 */
	record Settings(long cacheBytes, Duration publishTimeout) {

	}

	/**
	 * A partition that a process has from now on.
	 *
	 * @param partition the partition
	 * @param partitions the number of partitions of the topic
	 * @param generation the number of the topic's generation
	 * @param start the committed offset: all records before it have had all their effects
	 * @param attested what was committed with the offset: the
	 * {@linkplain PartitionEngine#attestation() mark} that the store had while it had all
	 * states up to there. {@code null} if nothing was committed
	 */
	record PartitionRun(int partition, int partitions, long generation, long start, @Nullable String attested) {

		/**
		 * Return the key of the entry that says that the states of the partition are
		 * complete. No record has it: keys of records do not begin with this character.
		 */
		String marker() {
			return "\0" + this.partition;
		}

		/**
		 * Return the generation that a record of a key belongs to. A record from before
		 * partitions were added may be in another partition than newer records of its
		 * key. It belongs to an earlier generation.
		 * @return the number, or -1 if the partitioner does not put the key here
		 */
		long generation(Reducer<?, ?> reducer, String key) {
			if (reducer.partition(key, this.partitions) == this.partition) {
				return this.generation;
			}
			for (int earlier = this.partitions - 1; earlier > this.partition; earlier--) {
				if (reducer.partition(key, earlier) == this.partition) {
					return TopicGenerations.withPartitions(this.generation, earlier);
				}
			}
			return -1;
		}

	}

}
