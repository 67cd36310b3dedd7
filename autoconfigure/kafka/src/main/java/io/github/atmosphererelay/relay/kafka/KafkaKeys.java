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

package io.github.atmosphererelay.relay.kafka;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * The idempotency keys of a partition, or of a part of it, and the first record of each.
 * A record is a double if the first one with its key was appended less than that one's
 * window before, by the time that the broker wrote. Every node that reads the same
 * records comes to the same result. Not safe for use by several threads.
 */
final class KafkaKeys {

	private static final Log logger = LogFactory.getLog(KafkaKeys.class);

	private final int limit;

	private final Runnable whenForgotten;

	private final Map<Name, First> firsts = new LinkedHashMap<>();

	private boolean full;

	/**
	 * Remember keys.
	 * @param limit how many
	 * @param whenForgotten called for each that is forgotten within its window
	 */
	KafkaKeys(int limit, Runnable whenForgotten) {
		this.limit = limit;
		this.whenForgotten = whenForgotten;
	}

	/**
	 * Take note of a record with a key.
	 * @param entry the record, later in the log than those before
	 * @param key its key
	 * @return the first record with the key, which may be this one
	 */
	First add(KafkaLogEntry entry, String key) {
		Name name = new Name(entry.address(), key);
		First known = this.firsts.get(name);
		if (known != null && known.isWithin(entry.timestamp())) {
			return known;
		}
		purge(entry.timestamp());
		First first = new First(entry.id(), entry.place(), entry.timestamp(),
				entry.options().idempotencyWindow().toMillis());
		// To the end of the map, which is in the order of the log.
		this.firsts.remove(name);
		this.firsts.put(name, first);
		return first;
	}

	/**
	 * Return the first record with a key.
	 * @param address the channel's address
	 * @param key the key
	 * @param now the time at which the key is used again
	 * @return the record, or {@code null} if none is known that is young enough
	 */
	@Nullable First find(String address, String key, long now) {
		First first = this.firsts.get(new Name(address, key));
		return (first != null && first.isWithin(now)) ? first : null;
	}

	/**
	 * Forget records that are no longer in the log.
	 * @param offset the offset of the first one
	 */
	void removeFrom(long offset) {
		this.firsts.values().removeIf((first) -> first.offset() >= offset);
	}

	private void purge(long now) {
		Iterator<First> oldest = this.firsts.values().iterator();
		while (oldest.hasNext()) {
			boolean over = !oldest.next().isWithin(now);
			if (!over && this.firsts.size() < this.limit) {
				return;
			}
			if (!over && !this.full) {
				this.full = true;
				logger.warn("More than " + this.limit + " idempotency keys are in use in one partition of the log: the"
						+ " oldest are forgotten before their time, and publications that use them again are no doubles");
			}
			if (!over) {
				this.whenForgotten.run();
			}
			oldest.remove();
		}
	}

	/**
	 * A key within a channel.
	 */
	private record Name(String address, String key) {
	}

	/**
	 * The first record with a key.
	 */
	record First(UUID id, KafkaPlace place, long timestamp, long window) {

		long offset() {
			return this.place.offset() - 1;
		}

		boolean isWithin(long time) {
			return time - this.timestamp < this.window;
		}

	}

}
