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

import java.util.Set;

import org.jspecify.annotations.Nullable;

/**
 * The rules for channel names, the same for every kind of client: 1 to
 * {@value #MAX_LENGTH} characters; no control characters, no whitespace, no unpaired
 * surrogates; no empty segments, no slash at either end; and a first segment other than
 * {@code connection}, {@code api}, {@code console} and {@code client.js}, which are URLs
 * of this library. The rules do not depend on the Unicode version of the Java release, so
 * that nodes on different releases agree.
 */
public final class ChannelNames {

	/**
	 * The maximum length of a name in UTF-16 units.
	 */
	public static final int MAX_LENGTH = 255;

	private static final Set<String> RESERVED = Set.of("connection", "api", "console", "client.js");

	/**
	 * The path parameter in which the servlet specification puts the id of an HTTP
	 * session.
	 */
	private static final String SESSION_PARAMETER = "jsessionid";

	private ChannelNames() {
	}

	/**
	 * Return the rule that a name breaks.
	 * @param name the name
	 * @return the reason why this is not a channel name, in words for the sender, or
	 * {@code null} if it is one
	 */
	public static @Nullable String findFault(@Nullable String name) {
		if (name == null || name.isEmpty()) {
			return "a channel name must not be empty";
		}
		if (name.length() > MAX_LENGTH) {
			return "a channel name has at most " + MAX_LENGTH + " characters";
		}
		if (name.charAt(0) == '/') {
			return "a channel name does not begin with a slash";
		}
		if (name.charAt(name.length() - 1) == '/' || name.contains("//")) {
			return "a channel name does not end with a slash and has no empty segments";
		}
		for (int i = 0; i < name.length();) {
			int codePoint = name.codePointAt(i);
			if (Character.isISOControl(codePoint)) {
				return "a channel name has no control characters";
			}
			if (Character.isWhitespace(codePoint) || Character.isSpaceChar(codePoint)) {
				return "a channel name has no whitespace";
			}
			if (Character.getType(codePoint) == Character.SURROGATE) {
				return "a channel name has no halves of surrogate pairs";
			}
			i += Character.charCount(codePoint);
		}
		return findReserved(name);
	}

	/**
	 * Check whether a name, or a pattern of names, begins with a reserved segment.
	 * @param name the name or pattern
	 * @return the reason why this is not a channel name, or {@code null} if it may be one
	 */
	public static @Nullable String findReserved(String name) {
		int slash = name.indexOf('/');
		String first = (slash >= 0) ? name.substring(0, slash) : name;
		return RESERVED.contains(first) ? "the first segment '" + first + "' is reserved" : null;
	}

	/**
	 * Check a name.
	 * @param name the name
	 * @return the name
	 * @throws IllegalArgumentException if the name breaks a rule
	 */
	public static String check(@Nullable String name) {
		String fault = findFault(name);
		if (fault != null || name == null) {
			throw new IllegalArgumentException("Invalid channel name '" + printable(name) + "': " + fault);
		}
		return name;
	}

	/**
	 * Return a name that is safe in an exception message and in a line of a log: at most
	 * 64 characters, and a question mark for each control character.
	 */
	private static String printable(@Nullable String name) {
		String text = String.valueOf(name);
		String cut = (text.length() > 64) ? text.substring(0, 64) + "..." : text;
		return cut.replaceAll("[\\p{Cntrl}\\p{Zl}\\p{Zp}\\p{Cs}]", "?");
	}

	/**
	 * Remove a path parameter from each segment that has it.
	 * @param path the path as it was sent
	 * @param parameter the name of the parameter; case is ignored
	 * @return the path without the parameter
	 */
	public static String withoutParameter(String path, String parameter) {
		if (path.indexOf(';') < 0) {
			return path;
		}
		String prefix = ";" + parameter + "=";
		StringBuilder rest = new StringBuilder(path.length());
		for (int i = 0; i < path.length();) {
			if (path.regionMatches(true, i, prefix, 0, prefix.length())) {
				i++;
				while (i < path.length() && path.charAt(i) != ';' && path.charAt(i) != '/') {
					i++;
				}
			}
			else {
				rest.append(path.charAt(i++));
			}
		}
		return rest.toString();
	}

	/**
	 * Read a channel name from a part of a URL's path, and decode percent escapes once.
	 * Broken escapes and bytes that are not UTF-8 are refused, because they must not
	 * become the name of another channel. A session id that a container has written into
	 * the path ({@code ;jsessionid=...}) is not part of the name; any other semicolon is.
	 * @param path the part of the path as it was sent
	 * @return the name
	 * @throws IllegalArgumentException if this is not a channel name
	 */
	public static String ofPath(String path) {
		return check(PercentEncoding.decode(withoutParameter(path, SESSION_PARAMETER), false, "the path"));
	}

}
