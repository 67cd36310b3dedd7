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

package io.github.atmosphererelay.door.atmosphere.internal;

/**
 * What has become of a request for messages. The ordinals are part of the wire format.
 */
enum PollResult {

	/** There is no such session. */
	UNKNOWN,

	/** The session answers it. */
	TAKEN,

	/** The session is of another user, or for another channel. */
	FOREIGN;

	byte[] encoded() {
		return new byte[] { (byte) ordinal() };
	}

	static PollResult of(byte[] encoded) {
		return (encoded.length == 1 && encoded[0] >= 0 && encoded[0] < values().length) ? values()[encoded[0]]
				: UNKNOWN;
	}

}
