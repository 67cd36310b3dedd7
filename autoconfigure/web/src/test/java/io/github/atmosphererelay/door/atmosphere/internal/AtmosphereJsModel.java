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

import java.util.ArrayList;
import java.util.List;

/**
 * What an {@code atmosphere.js} 5 makes of the bodies that it receives: its functions
 * {@code handleProtocol} and {@code processMessage}.
 */
final class AtmosphereJsModel {

	private final boolean protocol;

	private final boolean lengths;

	private boolean firstMessage = true;

	private String padding = "X";

	private String partial = "";

	private String id = "0";

	private final List<String> messages = new ArrayList<>();

	AtmosphereJsModel(boolean protocol, boolean lengths) {
		this.protocol = protocol;
		this.lengths = lengths;
	}

	String id() {
		return this.id;
	}

	List<String> messages() {
		return this.messages;
	}

	/**
	 * Do what the client does after a failure.
	 */
	void reset() {
		this.firstMessage = true;
		this.partial = "";
	}

	void receive(String body) {
		if (body.isBlank()) {
			return;
		}
		String message = handleProtocol(body);
		if (message.isEmpty()) {
			return;
		}
		if (this.lengths) {
			split(message);
		}
		else {
			add(message);
		}
	}

	private String handleProtocol(String message) {
		if (!this.protocol || !this.firstMessage) {
			return message;
		}
		int first = this.lengths ? 1 : 0;
		String[] parts = message.split("\\|", -1);
		if (parts.length <= first + 1) {
			return message;
		}
		this.firstMessage = false;
		this.id = parts[first].trim();
		this.padding = (parts.length > first + 2) ? parts[first + 2] : "X";
		List<String> trailing = List.of(parts).subList(Math.min(parts.length, first + 3), parts.length);
		return String.join("|", trailing);
	}

	private void split(String message) {
		String data = this.partial + message;
		int delimiter = data.indexOf('|');
		if (delimiter < 0) {
			add(message);
			return;
		}
		while (delimiter >= 0) {
			int length = parseInt(data.substring(0, delimiter));
			if (delimiter + 1 + length > data.length()) {
				break;
			}
			add(data.substring(delimiter + 1, delimiter + 1 + length));
			data = data.substring(delimiter + 1 + length);
			delimiter = data.indexOf('|');
		}
		this.partial = data;
	}

	/**
	 * Parse as JavaScript does, which ignores what follows the digits.
	 */
	private static int parseInt(String text) {
		int end = 0;
		while (end < text.length() && Character.isDigit(text.charAt(end))) {
			end++;
		}
		return Integer.parseInt(text.substring(0, end));
	}

	private void add(String message) {
		if (!message.equals(this.padding)) {
			this.messages.add(message);
		}
	}

}
