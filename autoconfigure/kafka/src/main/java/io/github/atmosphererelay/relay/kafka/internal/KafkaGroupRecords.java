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

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;

import io.github.atmosphererelay.message.WireFormatException;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * What the records in the topic of the {@link KafkaGroupStore} say, in their order. Used
 * by the store's thread.
 */
final class KafkaGroupRecords {

	private static final Log logger = LogFactory.getLog(KafkaGroupRecords.class);

	private final Map<String, Map<UUID, Place>> setAside = new HashMap<>();

	private final Map<String, KafkaGroupStore.Birth> births = new HashMap<>();

	private final Map<String, Long> birthOffsets = new HashMap<>();

	KafkaGroupStore.@Nullable Birth birth(String group) {
		return this.births.get(group);
	}

	/**
	 * Return whether the record at an offset is the one that says when a group was made.
	 */
	boolean isBirth(String group, long offset) {
		return this.birthOffsets.getOrDefault(group, -1L) == offset;
	}

	/**
	 * Return what a group has set aside, those first that were first.
	 */
	Map<UUID, Place> setAside(String group) {
		return this.setAside.getOrDefault(group, Map.of());
	}

	void clear() {
		this.setAside.clear();
		this.births.clear();
		this.birthOffsets.clear();
	}

	/**
	 * Take the next record.
	 */
	void take(ConsumerRecord<byte[], byte[]> record) {
		KafkaSetAsideCodec.Key key = KafkaSetAsideCodec.key(record.key());
		byte @Nullable [] value = record.value();
		if (key == null) {
			return;
		}
		UUID message = key.message();
		if (message == null) {
			if (value != null) {
				takeBirth(key.group(), value, record);
			}
			else {
				this.births.remove(key.group());
			}
		}
		else if (value != null) {
			this.setAside.computeIfAbsent(key.group(), (group) -> new LinkedHashMap<>())
				.put(message, new Place(record.offset(), value.length));
		}
		else {
			Map<UUID, Place> places = this.setAside.get(key.group());
			if (places != null) {
				places.remove(message);
			}
		}
	}

	private void takeBirth(String group, byte[] value, ConsumerRecord<byte[], byte[]> record) {
		try {
			KafkaGroupStore.Birth birth = KafkaSetAsideCodec.decodeBirth(value, record.timestamp());
			if (this.births.putIfAbsent(group, birth) == null) {
				this.birthOffsets.put(group, record.offset());
			}
		}
		catch (WireFormatException ex) {
			logger.warn("The record of the group '" + group + "' cannot be read: " + ex.getMessage());
		}
	}

	/**
	 * Where a message is in the topic.
	 *
	 * @param offset its offset
	 * @param bytes its size
	 */
	record Place(long offset, int bytes) {
	}

}
