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

package io.github.atmosphererelay.stomp;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A frame from the server.
 *
 * @param command its command
 * @param headers its headers
 * @param body its body
 * @param text the whole frame as it came
 */
record Frame(String command, Map<String, String> headers, String body, String text) {

	static Frame parse(String text) {
		int head = text.indexOf("\n\n");
		String[] lines = text.substring(0, head).split("\n");
		Map<String, String> headers = new LinkedHashMap<>();
		for (int i = 1; i < lines.length; i++) {
			int colon = lines[i].indexOf(':');
			headers.putIfAbsent(lines[i].substring(0, colon), lines[i].substring(colon + 1));
		}
		String body = text.substring(head + 2);
		return new Frame(lines[0], headers, body.substring(0, body.length() - 1), text);
	}

	/**
	 * Return the frame without what differs from session to session and server to server.
	 */
	String comparable() {
		return this.text.replaceAll("(message-id|session|server|heart-beat):[^\n]*\n", "");
	}

}
