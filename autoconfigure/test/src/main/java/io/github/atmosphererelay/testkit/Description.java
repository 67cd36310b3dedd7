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

import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;

import io.github.atmosphererelay.message.Payload;

/**
 * Describes messages for the texts of failed assertions.
 */
final class Description {

	private static final int MAX_TEXT = 200;

	private static final int MAX_BINARY = 32;

	private static final int BEFORE = 20;

	private static final int AFTER = 10;

	private Description() {
	}

	static String of(Payload message) {
		if (message.isBinary()) {
			byte[] bytes = message.bytes();
			int shown = Math.min(bytes.length, MAX_BINARY);
			return "binary of %d bytes (%s%s)".formatted(bytes.length, HexFormat.of().formatHex(bytes, 0, shown),
					(shown < bytes.length) ? "..." : "");
		}
		String text = message.asText();
		return (text.length() <= MAX_TEXT) ? '"' + text + '"'
				: '"' + text.substring(0, MAX_TEXT) + "...\" (" + text.length() + " characters)";
	}

	static String of(List<Payload> messages) {
		String more = (messages.size() > BEFORE) ? ", and " + (messages.size() - BEFORE) + " more" : "";
		return messages.stream().limit(BEFORE).map(Description::of).collect(Collectors.joining(", ")) + more;
	}

	/**
	 * List the received messages, with a mark at one of them.
	 * @param messages all received messages
	 * @param marked the index of the message to mark; may be one that was not received
	 * @return several lines
	 */
	static String list(List<Payload> messages, int marked) {
		if (messages.isEmpty()) {
			return "It has received no message.";
		}
		StringBuilder out = new StringBuilder("It has received ").append(count(messages.size())).append(':');
		int begin = Math.max(0, Math.min(marked, messages.size()) - BEFORE);
		int end = Math.min(messages.size(), Math.max(marked, 0) + AFTER);
		if (begin > 0) {
			out.append("\n    ... ").append(begin).append(" before");
		}
		for (int i = begin; i < end; i++) {
			out.append((i == marked) ? "\n  > " : "\n    ").append(i + 1).append(": ").append(of(messages.get(i)));
		}
		if (end < messages.size()) {
			out.append("\n    ... ").append(messages.size() - end).append(" after");
		}
		return out.toString();
	}

	static String count(int messages) {
		return messages + ((messages == 1) ? " message" : " messages");
	}

}
