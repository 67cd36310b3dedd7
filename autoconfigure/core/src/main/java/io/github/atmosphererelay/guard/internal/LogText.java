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

package io.github.atmosphererelay.guard.internal;

import org.jspecify.annotations.Nullable;

/**
 * Makes what clients have sent fit for one line of a log: a client must not be able to
 * write lines of its own, to hide something, or to fill the log.
 */
public final class LogText {

	/** The greatest length of a quoted text, in UTF-16 units. */
	static final int MAX_LENGTH = 200;

	private LogText() {
	}

	/**
	 * Quote a text. What is not a printable ASCII character, and a quote or a backslash,
	 * is escaped as in Java, and what is longer than {@value #MAX_LENGTH} characters is
	 * cut.
	 * @param text what a client has sent, or {@code null} if it has sent nothing
	 * @return the text in single quotes
	 */
	public static String quote(@Nullable String text) {
		if (text == null) {
			return "''";
		}
		StringBuilder quoted = new StringBuilder("'");
		int length = Math.min(text.length(), MAX_LENGTH);
		for (int i = 0; i < length; i++) {
			char each = text.charAt(i);
			if (each == '\'' || each == '\\') {
				quoted.append('\\').append(each);
			}
			else if (each >= ' ' && each < 0x7F) {
				quoted.append(each);
			}
			else {
				quoted.append(String.format("\\u%04x", (int) each));
			}
		}
		quoted.append('\'');
		if (text.length() > length) {
			quoted.append(" (cut, ").append(text.length()).append(" characters)");
		}
		return quoted.toString();
	}

	/**
	 * Keep a text within one line that is not the client's own, but may have some of it
	 * in it.
	 * @param text the text
	 * @return the text without control characters and ends of lines
	 */
	public static String line(String text) {
		StringBuilder line = new StringBuilder(text.length());
		text.chars().forEach((each) -> {
			int type = Character.getType(each);
			boolean hidden = type == Character.CONTROL || type == Character.FORMAT || type == Character.LINE_SEPARATOR
					|| type == Character.PARAGRAPH_SEPARATOR;
			line.append(hidden ? String.format("\\u%04x", each) : String.valueOf((char) each));
		});
		return line.toString();
	}

}
