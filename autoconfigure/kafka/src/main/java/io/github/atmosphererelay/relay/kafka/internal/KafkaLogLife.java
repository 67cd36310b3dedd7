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

package io.github.atmosphererelay.relay.kafka.internal;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/**
 * The topic of the logs from its creation to its deletion, as this node reads it.
 *
 * @param id the topic's id
 * @param partitions the partitions that this node uses; their number never changes
 * @param closed the partitions that have had no leader since this node started; they are
 * not read, because their content is not known
 */
record KafkaLogLife(Uuid id, KafkaLogPartition[] partitions, Set<Integer> closed) {

	private static final Log logger = LogFactory.getLog(KafkaLogLife.class);

	private static final int MIN_KEYS = 10_000;

	/** The maximum number of records that are read from a partition at the start. */
	static final int MAX_WARM_RECORDS = 200_000;

	/**
	 * Start with a topic that is new to this node.
	 * @param settings the relay's settings
	 * @param id the topic's id
	 * @param count the number of partitions that are used
	 * @param held the offsets of the partitions that have a leader
	 * @param recent the offsets from which the partitions are read for idempotency keys;
	 * or {@code null} if the topic was created since this node's start
	 * @param whenKeyForgotten called for each idempotency key that is forgotten within
	 * its window
	 */
	static KafkaLogLife begin(KafkaRelaySettings settings, Uuid id, int count, Map<Integer, KafkaOffsets.Range> held,
			@Nullable Map<Integer, OptionalLong> recent, Runnable whenKeyForgotten) {
		KafkaLogPartition[] partitions = new KafkaLogPartition[count];
		Set<Integer> closed = new TreeSet<>();
		for (int i = 0; i < count; i++) {
			KafkaOffsets.Range range = held.get(i);
			OptionalLong time = (recent != null) ? recent.get(i) : null;
			if (recent != null && (range == null || time == null)) {
				closed.add(i);
				range = null;
			}
			partitions[i] = newPartition(settings, id, i, count, (range != null) ? range : new KafkaOffsets.Range(0, 0),
					(range != null) ? time : null, whenKeyForgotten);
		}
		return new KafkaLogLife(id, partitions, closed);
	}

	/**
	 * Start to read partitions that had no leader before.
	 * @param settings the relay's settings
	 * @param held the offsets of the partitions that have a leader
	 * @param recent the offsets from which the partitions are read for idempotency keys
	 * @param whenKeyForgotten called for each idempotency key that is forgotten within
	 * its window
	 * @return the same life with more partitions that are read
	 */
	KafkaLogLife open(KafkaRelaySettings settings, Map<Integer, KafkaOffsets.Range> held,
			Map<Integer, OptionalLong> recent, Runnable whenKeyForgotten) {
		KafkaLogPartition[] partitions = this.partitions.clone();
		Set<Integer> closed = new TreeSet<>(this.closed);
		recent.forEach((i, time) -> {
			KafkaOffsets.Range range = held.get(i);
			if (range != null && closed.remove(i)) {
				partitions[i] = newPartition(settings, this.id, i, partitions.length, range, time, whenKeyForgotten);
			}
		});
		return new KafkaLogLife(this.id, partitions, closed);
	}

	private static KafkaLogPartition newPartition(KafkaRelaySettings settings, Uuid id, int number, int count,
			KafkaOffsets.Range range, @Nullable OptionalLong recent, Runnable whenKeyForgotten) {
		int maxKeys = maxKeys(count);
		long start = range.begin();
		long live = range.begin();
		if (recent != null) {
			live = range.end();
			start = start(settings, number, range, recent.orElse(range.end()));
		}
		return new KafkaLogPartition(number, new KafkaPositions(id, number), start, live, range,
				settings.idempotencyWindow(), maxKeys, maxKeys, whenKeyForgotten);
	}

	/**
	 * Return how many idempotency keys of a partition are kept.
	 * @param count the number of partitions
	 */
	static int maxKeys(int count) {
		return Math.max(MIN_KEYS, KafkaLog.MAX_KEYS / count);
	}

	private static long start(KafkaRelaySettings settings, int number, KafkaOffsets.Range range, long recent) {
		long earliest = Math.max(range.begin(), range.end() - MAX_WARM_RECORDS);
		if (recent < earliest) {
			logger.warn("Partition " + number + " of topic '" + settings.logTopic() + "' has more than "
					+ MAX_WARM_RECORDS
					+ " records within the idempotency window. This node reads only the newest of them"
					+ " at its start, so a publication that repeats an older idempotency key is recorded again. Shorten"
					+ " 'history.idempotency-window' of the channels, or use more partitions");
		}
		return Math.max(earliest, Math.min(recent, range.end() - KafkaLogPartition.MAX_RECORDS));
	}

	Map<Integer, Long> current() {
		Map<Integer, Long> next = new HashMap<>();
		for (KafkaLogPartition partition : this.partitions) {
			if (!this.closed.contains(partition.number())) {
				next.put(partition.number(), partition.start());
			}
		}
		return next;
	}

	boolean isWarm() {
		for (KafkaLogPartition partition : this.partitions) {
			if (!partition.isWarm()) {
				return false;
			}
		}
		return true;
	}

	KafkaLogPartition partition(String address) {
		byte[] key = address.getBytes(StandardCharsets.UTF_8);
		return this.partitions[KafkaTopic.partition(key, this.partitions.length)];
	}

}
