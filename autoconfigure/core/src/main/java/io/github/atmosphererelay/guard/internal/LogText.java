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
 * Makes text from clients safe for one line of a log. A client must not be able to forge
 * lines, to hide characters, or to fill the log.
 */
public final class LogText {

	/** The maximum number of characters of a quoted text, in UTF-16 units. */
	static final int MAX_LENGTH = 200;

	private LogText() {
	}

	/**
	 * Quote a text. Quotes, backslashes and all characters other than printable ASCII are
	 * escaped as in Java; a text of more than {@value #MAX_LENGTH} characters is cut.
	 * @param text the text that a client has sent, or {@code null} if it has sent none
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
	 * Escape the control characters and line ends of a text that the library or the
	 * application has written, but which may contain parts from a client.
	 * @param text the text
	 * @return the text as one line
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
