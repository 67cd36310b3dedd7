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
 * How many bytes a link holds for Redis: a few thousand large messages take more memory
 * than their number tells. A message counts until the client library is done with it,
 * also after its publisher has been told that it is unconfirmed. Safe for use by many
 * threads.
 */
final class PendingBytes {

	static final long MAX = 64L * 1024 * 1024;

	private final AtomicLong total = new AtomicLong();

	/**
	 * Count a message, unless there are too many bytes already. One that is over the
	 * limit by itself must find nothing before it.
	 * @param size the message's size
	 * @return why it must not be sent, or {@code null} if it may be
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
	 * Count a message that is about to be taken out by {@link #remove} but is still
	 * there, to be sent again.
	 * @param size the message's size
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
