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

package io.github.atmosphererelay.relay.redis.internal;

import java.nio.charset.StandardCharsets;

/**
 * Computes the slots of Redis Cluster. Keys of the same slot are on the same server.
 */
final class RedisSlots {

	private static final int SLOTS = 16384;

	private static final int POLYNOMIAL = 0x1021;

	/** For each slot, a hash tag that has this slot. */
	private static final String[] TAGS = tags();

	private RedisSlots() {
	}

	/**
	 * Return a key in the same slot as another key. The result is the same for all keys
	 * of that slot.
	 * @param key the other key
	 * @param prefix the prefix of the result
	 * @return the key
	 */
	static String inSlotOf(String key, String prefix) {
		return prefix + "{" + TAGS[slot(key)] + "}";
	}

	/**
	 * Return the slot of a key. It is computed from the text in the key's first pair of
	 * braces, or from the whole key if there is no such text.
	 * @param key the key
	 * @return the slot's number
	 */
	static int slot(String key) {
		int begin = key.indexOf('{');
		int end = (begin >= 0) ? key.indexOf('}', begin) : -1;
		String hashed = (end > begin + 1) ? key.substring(begin + 1, end) : key;
		int crc = 0;
		for (byte each : hashed.getBytes(StandardCharsets.UTF_8)) {
			crc ^= (each & 0xff) << 8;
			for (int bit = 0; bit < 8; bit++) {
				crc = ((crc & 0x8000) != 0) ? (crc << 1) ^ POLYNOMIAL : crc << 1;
			}
		}
		return (crc & 0xffff) % SLOTS;
	}

	private static String[] tags() {
		String[] tags = new String[SLOTS];
		int missing = SLOTS;
		for (int i = 0; missing > 0; i++) {
			String tag = Integer.toString(i, Character.MAX_RADIX);
			int slot = slot(tag);
			if (tags[slot] == null) {
				tags[slot] = tag;
				missing--;
			}
		}
		return tags;
	}

}
