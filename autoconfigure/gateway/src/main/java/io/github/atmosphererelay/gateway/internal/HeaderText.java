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

package io.github.atmosphererelay.gateway.internal;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

import org.jspecify.annotations.Nullable;

/**
 * Reads names from headers and cookies as clients encode them. The ring hashes the UTF-8
 * form of a name, so each name has to be read as its user has it.
 */
final class HeaderText {

	private static final int ASCII_END = 0x80;

	private static final int BYTE_END = 0x100;

	private HeaderText() {
	}

	/**
	 * Return the text of a header. The server reads each byte as one character.
	 * @param value the header's bytes as characters of ISO-8859-1
	 * @return the bytes read as UTF-8, or the value itself if they are not UTF-8
	 */
	static @Nullable String utf8(@Nullable String value) {
		if (value == null || value.chars().allMatch((each) -> each < ASCII_END)
				|| value.chars().anyMatch((each) -> each >= BYTE_END)) {
			return value;
		}
		return decode(value.getBytes(StandardCharsets.ISO_8859_1), value);
	}

	/**
	 * Return a text without its percent-encoding. A {@code %} that begins no escape stays
	 * as it is.
	 * @param value such as {@code %E6%9D%8E}
	 * @return the text, or the value itself if the escapes are not UTF-8
	 */
	static @Nullable String percentDecoded(@Nullable String value) {
		if (value == null || value.indexOf('%') < 0) {
			return value;
		}
		byte[] encoded = value.getBytes(StandardCharsets.UTF_8);
		ByteBuffer decoded = ByteBuffer.allocate(encoded.length);
		for (int i = 0; i < encoded.length; i++) {
			int escaped = (encoded[i] == '%' && i + 2 < encoded.length) ? hex(encoded[i + 1], encoded[i + 2]) : -1;
			if (escaped >= 0) {
				decoded.put((byte) escaped);
				i += 2;
			}
			else {
				decoded.put(encoded[i]);
			}
		}
		byte[] bytes = new byte[decoded.flip().remaining()];
		decoded.get(bytes);
		return decode(bytes, value);
	}

	private static int hex(byte high, byte low) {
		int first = Character.digit(high, 16);
		int second = Character.digit(low, 16);
		return (first >= 0 && second >= 0) ? first * 16 + second : -1;
	}

	private static String decode(byte[] bytes, String otherwise) {
		try {
			return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
		}
		catch (CharacterCodingException ex) {
			return otherwise;
		}
	}

}
