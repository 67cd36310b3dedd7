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

package io.github.atmosphererelay.testkit;

import java.util.LinkedHashMap;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * Parses the frames that the library itself sends between the messages: JSON objects
 * whose members are strings, numbers and booleans. The kit uses no JSON library: it would
 * be one more dependency of the application's tests, and its presence on the class path
 * would change how the application behaves.
 */
final class FlatJson {

	private final String text;

	private int at;

	private FlatJson(String text) {
		this.text = text;
	}

	/**
	 * Read an object.
	 * @param text any text
	 * @return the members, with strings unescaped and other values as they are written,
	 * or {@code null} if the text is no such object
	 */
	static @Nullable Map<String, String> parse(String text) {
		try {
			return new FlatJson(text).object();
		}
		catch (IllegalArgumentException | IndexOutOfBoundsException ex) {
			return null;
		}
	}

	private Map<String, String> object() {
		Map<String, String> members = new LinkedHashMap<>();
		expect('{');
		do {
			String name = string();
			expect(':');
			members.put(name, (this.text.charAt(this.at) == '"') ? string() : literal());
		}
		while (this.text.charAt(this.at++) == ',');
		this.at--;
		expect('}');
		if (this.at != this.text.length()) {
			throw new IllegalArgumentException("More than an object");
		}
		return members;
	}

	private void expect(char expected) {
		if (this.text.charAt(this.at++) != expected) {
			throw new IllegalArgumentException("Not an object");
		}
	}

	private String literal() {
		int begin = this.at;
		while (Character.isLetterOrDigit(this.text.charAt(this.at)) || "+-.".indexOf(this.text.charAt(this.at)) >= 0) {
			this.at++;
		}
		return this.text.substring(begin, this.at);
	}

	private String string() {
		expect('"');
		StringBuilder out = new StringBuilder();
		while (true) {
			char next = this.text.charAt(this.at++);
			if (next == '"') {
				return out.toString();
			}
			out.append((next == '\\') ? escaped() : next);
		}
	}

	private char escaped() {
		char next = this.text.charAt(this.at++);
		switch (next) {
			case 'b':
				return '\b';
			case 'f':
				return '\f';
			case 'n':
				return '\n';
			case 'r':
				return '\r';
			case 't':
				return '\t';
			case 'u':
				this.at += 4;
				return (char) Integer.parseInt(this.text.substring(this.at - 4, this.at), 16);
			default:
				return next;
		}
	}

}
