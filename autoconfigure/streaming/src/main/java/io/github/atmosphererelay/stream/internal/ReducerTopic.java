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

package io.github.atmosphererelay.stream.internal;

import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * Finds out the present generation of a reducer's topic. For any thread; may block.
 */
final class ReducerTopic {

	private final String name;

	private final ReducerClients clients;

	private final TopicGenerations generations;

	private final CommandCodec codec;

	private final CommandWriter commands;

	ReducerTopic(String name, ReducerClients clients, TopicGenerations generations, CommandCodec codec,
			CommandWriter commands) {
		this.name = name;
		this.clients = clients;
		this.generations = generations;
		this.codec = codec;
		this.commands = commands;
	}

	/**
	 * Ask the broker for the topic. If its id is new, it is written to the topic of
	 * commands, from which this process learns its number a moment later.
	 * @return the generation, or {@code null} if its number is not known yet
	 * @throws RuntimeException if the broker does not answer
	 */
	@Nullable Generation find() {
		TopicLayout layout = this.clients.topic(this.name);
		List<String> ids = this.generations.toWrite(this.name, layout.id());
		if (ids != null) {
			this.commands.write(TopicGenerations.PREFIX + this.name, this.codec.writeIds(ids));
		}
		Long number = this.generations.find(this.name, layout);
		return (number != null) ? new Generation(layout.id(), layout.partitions(), number) : null;
	}

	/**
	 * A topic in the time in which offsets of its partitions can be compared.
	 *
	 * @param id the topic's id
	 * @param partitions the number of its partitions
	 * @param number its number
	 */
	record Generation(String id, int partitions, long number) {

	}

}
