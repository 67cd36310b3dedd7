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

package io.github.atmosphererelay.message.internal;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * Decodes percent-encoded parts of URLs. Broken escapes and bytes that are not UTF-8 are
 * refused rather than replaced, because they must not become another text.
 */
final class PercentEncoding {

	private PercentEncoding() {
	}

	/**
	 * Decode a text.
	 * @param encoded the text as it was sent
	 * @param plusIsSpace whether a plus sign means a space, as in queries
	 * @param what the subject of the exception's message, such as "the path"
	 * @return the decoded text
	 * @throws IllegalArgumentException if the text cannot be decoded; the message is in
	 * words for the sender
	 */
	static String decode(String encoded, boolean plusIsSpace, String what) {
		byte[] raw = encoded.getBytes(StandardCharsets.UTF_8);
		ByteBuffer bytes = ByteBuffer.allocate(raw.length);
		for (int i = 0; i < raw.length; i++) {
			if (raw[i] != '%') {
				bytes.put((plusIsSpace && raw[i] == '+') ? (byte) ' ' : raw[i]);
				continue;
			}
			int high = (i + 2 <= raw.length - 1) ? Character.digit(raw[i + 1], 16) : -1;
			int low = (i + 2 <= raw.length - 1) ? Character.digit(raw[i + 2], 16) : -1;
			if (high < 0 || low < 0) {
				throw new IllegalArgumentException(what + " has a broken percent escape");
			}
			bytes.put((byte) (high * 16 + low));
			i += 2;
		}
		try {
			return StandardCharsets.UTF_8.newDecoder().decode(bytes.flip()).toString();
		}
		catch (CharacterCodingException ex) {
			throw new IllegalArgumentException(what + " is not UTF-8");
		}
	}

}
