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

package io.github.atmosphererelay.httpsession.internal;

import java.nio.charset.StandardCharsets;
import java.util.List;

import org.springframework.data.redis.serializer.RedisSerializer;

/**
 * What Redis has stored for an HTTP session, without the attributes.
 *
 * @param lastAccess the time of the last access, in milliseconds since 1970
 * @param timeoutSeconds after how many seconds without an access it ends; negative if it
 * does not, and 0 after a log-out
 * @param timeout the time-out as it is stored
 */
record StoredHttpSession(long lastAccess, int timeoutSeconds, byte[] timeout) {

	/** Not stored, or only a part: a late request may bring a part back. */
	private static final StoredHttpSession NONE = new StoredHttpSession(0, 0, new byte[0]);

	static final byte[] LAST_ACCESS = field("lastAccessedTime");

	static final byte[] TIMEOUT = field("maxInactiveInterval");

	private static final byte[] CREATION = field("creationTime");

	private static byte[] field(String name) {
		return name.getBytes(StandardCharsets.UTF_8);
	}

	/**
	 * Return the fields to read.
	 */
	static byte[][] fields() {
		return new byte[][] { LAST_ACCESS, TIMEOUT, CREATION };
	}

	/**
	 * Create an instance.
	 * @param values the values of the fields; {@code null} for those that are missing
	 * @param serializer reads values
	 */
	static StoredHttpSession of(List<?> values, RedisSerializer<?> serializer) {
		if (values.size() == 3 && values.get(0) instanceof byte[] access && values.get(1) instanceof byte[] timeout
				&& values.get(2) instanceof byte[] && serializer.deserialize(access) instanceof Number lastAccess
				&& serializer.deserialize(timeout) instanceof Number timeoutSeconds) {
			return new StoredHttpSession(lastAccess.longValue(), timeoutSeconds.intValue(), timeout);
		}
		return NONE;
	}

	/**
	 * Return whether Spring Session returns it for a request.
	 * @param now the time, in milliseconds since 1970
	 */
	boolean isValid(long now) {
		return this.timeoutSeconds < 0 || endsAt(this.lastAccess) > now;
	}

	/**
	 * Return when it ends after an access, in milliseconds since 1970.
	 */
	long endsAt(long access) {
		return access + this.timeoutSeconds * 1000L;
	}

}
