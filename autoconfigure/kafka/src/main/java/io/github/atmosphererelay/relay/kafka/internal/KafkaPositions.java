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
 * Converts places in a partition to positions and back. A client learns the epoch of a
 * position when it subscribes, and for later messages only their offsets. Therefore a
 * position's offset contains the leader epoch, in the bits above Kafka's offset: after an
 * election the position's epoch stays the same, and its offsets go on growing. Both
 * together have at most 53 bits, the precision of a number in JavaScript. The higher bits
 * are part of the position's epoch, so the epoch changes after {@code 2^13} elections or
 * {@code 2^40} records.
 * <p>
 * For example, epoch {@code OTlKnuJZTUy.3} with offset 4712 is the place after the record
 * at offset 4711 of partition 3, which has had no election. After two elections, the
 * offset of the same place for a new record is {@code 2 * 2^40 + 4712}.
 */
final class KafkaPositions {

	private static final int OFFSET_BITS = 40;

	private static final int EPOCH_BITS = 13;

	/**
	 * The number of characters of the topic's id that distinguish topics of the same
	 * name.
	 */
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
	 * Return the place of a position.
	 * @param position the position
	 * @return its place, or {@code null} if the position does not belong to this
	 * partition
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
