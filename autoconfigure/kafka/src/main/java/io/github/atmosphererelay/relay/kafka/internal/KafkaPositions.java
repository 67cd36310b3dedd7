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

import io.github.atmosphererelay.message.Position;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/**
 * Translates places in a partition into positions and back. A client learns the epoch of
 * a position when it subscribes, and of later messages only their offsets. So a
 * position's offset has the leader epoch in it, above Kafka's offset: after an election
 * the epoch stays, and offsets go on growing. Both together have no more than the 53 bits
 * that a number has in JavaScript. What exceeds them is in the epoch: it changes after
 * {@code 2^13} elections or {@code 2^40} records.
 * <p>
 * For example {@code OTlKnuJZTUy.3} and 4712 are partition 3 of a topic whose partition
 * has had no election, after the record at 4711; after the first two elections it is
 * {@code 2 * 2^40 + 4712}.
 */
final class KafkaPositions {

	private static final int OFFSET_BITS = 40;

	private static final int EPOCH_BITS = 13;

	/** How much of the topic's id tells topics of one name apart. */
	private static final int SHORT_ID = 11;

	private final String base;

	KafkaPositions(Uuid topic, int partition) {
		this(topic.toString().substring(0, SHORT_ID) + "." + partition);
	}

	KafkaPositions(String base) {
		this.base = base;
	}

	Position position(KafkaPlace place) {
		if (place.offset() == 0) {
			return new Position(this.base, 0);
		}
		int epoch = Math.max(0, place.leaderEpoch());
		long epochs = epoch >>> EPOCH_BITS;
		long offsets = place.offset() >>> OFFSET_BITS;
		return new Position((epochs == 0 && offsets == 0) ? this.base : this.base + "." + epochs + "." + offsets,
				((epoch & ((1L << EPOCH_BITS) - 1)) << OFFSET_BITS) | (place.offset() & ((1L << OFFSET_BITS) - 1)));
	}

	/**
	 * Return the place that a position names.
	 * @param position the position
	 * @return its place, or {@code null} if it is none of this partition
	 */
	@Nullable KafkaPlace place(Position position) {
		long epochs = 0;
		long offsets = 0;
		if (!position.epoch().equals(this.base)) {
			String[] parts = position.epoch().startsWith(this.base + ".")
					? position.epoch().substring(this.base.length() + 1).split("\\.", -1) : new String[0];
			if (parts.length != 2) {
				return null;
			}
			try {
				epochs = Long.parseLong(parts[0]);
				offsets = Long.parseLong(parts[1]);
			}
			catch (NumberFormatException ex) {
				return null;
			}
		}
		if (position.offset() >>> (OFFSET_BITS + EPOCH_BITS) != 0 || epochs < 0 || offsets < 0
				|| epochs > (Integer.MAX_VALUE >>> EPOCH_BITS) || offsets > (Long.MAX_VALUE >>> OFFSET_BITS)) {
			return null;
		}
		return new KafkaPlace((int) ((epochs << EPOCH_BITS) | (position.offset() >>> OFFSET_BITS)),
				(offsets << OFFSET_BITS) | (position.offset() & ((1L << OFFSET_BITS) - 1)));
	}

}
