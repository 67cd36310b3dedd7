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

import java.util.concurrent.atomic.AtomicLong;

import io.github.atmosphererelay.relay.RelayOverloadedException;
import org.jspecify.annotations.Nullable;

/**
 * Limits the bytes that a link holds for Redis, because a few thousand large messages
 * take much memory. A message counts until the client library has finished with it, also
 * after its publisher has been told that it is unconfirmed. Safe for use by many threads.
 */
final class PendingBytes {

	static final long MAX = 64L * 1024 * 1024;

	private final AtomicLong total = new AtomicLong();

	/**
	 * Add a message, unless there are too many bytes already. A message that exceeds the
	 * limit by itself is accepted if no others are pending.
	 * @param size the message's size in bytes
	 * @return why the message must not be sent, or {@code null} if it may be sent
	 */
	@Nullable RelayOverloadedException add(int size) {
		long total = this.total.addAndGet(size);
		if (total > MAX && total != size) {
			remove(size);
			return RelayOverloadedException.forBytes(RedisRelay.NAME, MAX);
		}
		return null;
	}

	/**
	 * Count a message once more, because its command is about to end, which calls
	 * {@link #remove}, and the message is going to be sent again.
	 * @param size the message's size in bytes
	 */
	void keep(int size) {
		this.total.addAndGet(size);
	}

	void remove(int size) {
		this.total.addAndGet(-size);
	}

	long total() {
		return this.total.get();
	}

}
