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

import java.util.UUID;

/**
 * Makes the ids of messages from their records, so that a message has the same id on each
 * node and each time that it is read.
 */
final class MessageIds {

	private static final long VERSION_7 = 0x7000L;

	private static final long VARIANT = 0x8000000000000000L;

	private MessageIds() {
	}

	/**
	 * Return the id of a record: a UUID of version 7 with the record's time, a hash of
	 * its channel and epoch, and its offset.
	 */
	static UUID of(String epoch, MappedRecord record) {
		int hash = 31 * epoch.hashCode() + record.channel().hashCode();
		long most = (Math.max(0, record.time()) << 16) | VERSION_7 | (hash & 0xFFF);
		long least = VARIANT | ((long) (hash >>> 12 & 0x3FFF) << 48) | (record.offset() & 0xFFFFFFFFFFFFL);
		return new UUID(most, least);
	}

}
