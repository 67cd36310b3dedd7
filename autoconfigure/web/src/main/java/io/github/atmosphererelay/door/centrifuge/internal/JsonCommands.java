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

package io.github.atmosphererelay.door.centrifuge.internal;

import java.util.ArrayList;
import java.util.List;

import io.github.atmosphererelay.door.internal.JsonText;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;

/**
 * Reads commands in their JSON form: one to a line. What clients send as data is not
 * changed, nor is anything made of it.
 */
final class JsonCommands {

	private JsonCommands() {
	}

	static List<Command> decode(String frame) {
		List<Command> commands = new ArrayList<>();
		int begin = 0;
		while (begin < frame.length()) {
			int end = frame.indexOf('\n', begin);
			end = (end >= 0) ? end : frame.length();
			String line = frame.substring(begin, end);
			if (!line.isBlank()) {
				commands.add(command(line));
			}
			begin = end + 1;
		}
		if (commands.isEmpty()) {
			throw new MalformedCommandException("there is no command", null);
		}
		return commands;
	}

	private static Command command(String line) {
		try (JsonParser parser = JsonText.FACTORY.createParser(ObjectReadContext.empty(), line)) {
			if (parser.nextToken() != JsonToken.START_OBJECT) {
				throw new MalformedCommandException("a command is an object", null);
			}
			Command command = new JsonCommandReader(parser, line).command();
			if (parser.nextToken() != null) {
				throw new MalformedCommandException("something follows the command", null);
			}
			return command;
		}
		catch (JacksonException ex) {
			throw new MalformedCommandException("a command does not parse", ex);
		}
	}

}
