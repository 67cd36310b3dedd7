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

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Remembers the idempotency keys of a partition, or of a part of it, and the first record
 * of each. A record is a duplicate if the previous record with the same key was appended
 * less than that record's window earlier, by the broker's timestamps. So a node has to
 * read only one window before a record to decide whether the record is a duplicate,
 * wherever it has started to read. If the window were counted from the first record, the
 * decision would depend on all earlier records with the key. Not safe for use by several
 * threads.
 */
final class KafkaKeys {

	private static final Log logger = LogFactory.getLog(KafkaKeys.class);

	private final int limit;

	private final Runnable whenForgotten;

	/** In the order of their last use. */
	private final Map<Name, Use> uses = new LinkedHashMap<>();

	private boolean full;

	/**
	 * Create an empty memory of keys.
	 * @param limit the maximum number of keys
	 * @param whenForgotten called for each key that is forgotten within its window
	 */
	KafkaKeys(int limit, Runnable whenForgotten) {
		this.limit = limit;
		this.whenForgotten = whenForgotten;
	}

	/**
	 * Add a record with a key.
	 * @param entry the record; records are added in the order of the log
	 * @param key its key
	 * @return the first record with the key, which is this one unless it is a duplicate
	 */
	First add(KafkaLogEntry entry, String key) {
		Name name = new Name(entry.address(), key);
		Use known = this.uses.get(name);
		if (known != null && known.offset >= entry.offset()) {
			// This record was added before
			return known.first;
		}
		if (known != null && known.isWithin(entry.timestamp())) {
			known.last(entry);
			this.uses.remove(name);
			this.uses.put(name, known);
			return known.first;
		}
		purge(entry.timestamp());
		Use use = new Use(entry);
		this.uses.remove(name);
		this.uses.put(name, use);
		return use.first;
	}

	/**
	 * Return the first record with a key, if a publication with that key would now be a
	 * duplicate.
	 * @param address the channel's address
	 * @param key the key
	 * @param now the time of the publication, in milliseconds since 1970
	 * @return the record, or {@code null} if there is none within its window
	 */
	@Nullable First find(String address, String key, long now) {
		Use use = this.uses.get(new Name(address, key));
		return (use != null && use.isWithin(now)) ? use.first : null;
	}

	/**
	 * Forget records that are no longer in the log.
	 * @param offset the offset of the first of them
	 */
	void removeFrom(long offset) {
		this.uses.values().removeIf((use) -> use.first.offset() >= offset);
		this.uses.values().forEach((use) -> use.removeFrom(offset));
	}

	private void purge(long now) {
		Iterator<Use> oldest = this.uses.values().iterator();
		while (oldest.hasNext()) {
			boolean over = !oldest.next().isWithin(now);
			if (!over && this.uses.size() < this.limit) {
				return;
			}
			if (!over && !this.full) {
				this.full = true;
				logger.warn("More than " + this.limit
						+ " idempotency keys are in use in one partition of the log, so the oldest are forgotten before"
						+ " their windows end. A publication that repeats a forgotten key is recorded again. Shorten"
						+ " 'history.idempotency-window' of the channels, or use fewer keys");
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
	 * Identifies the first record with a key.
	 */
	record First(UUID id, KafkaPlace place) {

		long offset() {
			return this.place.offset() - 1;
		}

	}

	/**
	 * A key with its first and its last record.
	 */
	private static final class Use {

		private final First first;

		private final long firstTimestamp;

		private final long firstWindow;

		private long offset;

		private long timestamp;

		private long window;

		Use(KafkaLogEntry first) {
			this.first = new First(first.id(), first.place());
			this.firstTimestamp = first.timestamp();
			this.firstWindow = first.options().idempotencyWindow().toMillis();
			last(first);
		}

		void last(KafkaLogEntry entry) {
			this.window = entry.options().idempotencyWindow().toMillis();
			this.timestamp = entry.timestamp();
			this.offset = entry.offset();
		}

		boolean isWithin(long time) {
			return time - this.timestamp < this.window;
		}

		/**
		 * Forget the later uses of the key. Uses between the first record and the offset
		 * are not known, so a repeated record may count as a new one, but never the other
		 * way round.
		 */
		void removeFrom(long offset) {
			if (this.offset >= offset) {
				this.window = this.firstWindow;
				this.timestamp = this.firstTimestamp;
				this.offset = this.first.offset();
			}
		}

	}

}
