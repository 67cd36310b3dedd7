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

/**
 * Writes JSON strings. Frames that are sent often are assembled from strings, for speed
 * and because the core module has no JSON library.
 */
public final class Json {

	private Json() {
	}

	/**
	 * Return an upper bound of the size of a {@linkplain #quote quoted} string.
	 * @param text the string
	 * @return the size in bytes of UTF-8; the actual size may be smaller, never larger
	 */
	public static long quotedLength(String text) {
		long length = 2;
		for (int i = 0; i < text.length(); i++) {
			char each = text.charAt(i);
			if (each < 0x20) {
				length += 6;
			}
			else if (each == '"' || each == '\\') {
				length += 2;
			}
			else {
				length += (each < 0x80) ? 1 : (each < 0x800) ? 2 : 3;
			}
		}
		return length;
	}

	/**
	 * Quote a string.
	 * @param text the string
	 * @return the string as a JSON string, with its quotes
	 */
	public static String quote(String text) {
		StringBuilder out = new StringBuilder(text.length() + 2).append('"');
		for (int i = 0; i < text.length(); i++) {
			char each = text.charAt(i);
			if (each == '"' || each == '\\') {
				out.append('\\').append(each);
			}
			else if (each < 0x20) {
				out.append(String.format("\\u%04x", (int) each));
			}
			else {
				out.append(each);
			}
		}
		return out.append('"').toString();
	}

}
