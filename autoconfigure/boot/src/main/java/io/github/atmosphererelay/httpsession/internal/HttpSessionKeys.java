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

/**
 * The keys of HTTP sessions in Redis.
 *
 * @param namespace the namespace of Spring Session's repository, with a colon at the end
 */
record HttpSessionKeys(String namespace) {

	/** A hash with the attributes. It outlives the HTTP session by 5 minutes. */
	byte[] session(String id) {
		return key("sessions:" + id);
	}

	/** A string that exists as long as the HTTP session. Its end causes the event. */
	byte[] expires(String id) {
		return key("sessions:expires:" + id);
	}

	/**
	 * A set of HTTP sessions that end in a minute, with which the repository makes Redis
	 * notice their ends in time.
	 * @param minute the end of the minute, in milliseconds since 1970
	 */
	byte[] expirations(long minute) {
		return key("expirations:" + minute);
	}

	/** A string of this library: the id that an HTTP session has got. */
	byte[] renamed(String oldId) {
		return key("atmosphere:renamed:" + oldId);
	}

	private byte[] key(String name) {
		return (this.namespace + name).getBytes(StandardCharsets.UTF_8);
	}

}
