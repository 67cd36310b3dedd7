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

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

import org.jspecify.annotations.Nullable;

/**
 * One process of a reducer: first it knows all streams, then it takes data.
 *
 * @param <S> the type of the states
 */
final class ReducerMember<S> {

	private final List<ReducerConsumer<S>> consumers = new ArrayList<>();

	private final CommandReader commands;

	private volatile boolean stopped;

	/**
	 * Create a member.
	 * @param engine the reducer
	 * @param table the table of streams, which is this member's own
	 * @param group the consumer group of the reducer
	 * @param commandTopic the topic of the streams' commands
	 * @param consumers how many partitions are read at the same time
	 */
	ReducerMember(ReducerEngine<S> engine, StreamTable table, CommandCodec codec, ReducerClients clients,
			CommandWriter writer, SnapshotPublisher snapshots, String group, String commandTopic, int consumers) {
		TopicGenerations generations = new TopicGenerations();
		ReducerTopic topic = new ReducerTopic(engine.functions().reducer().topic(), clients, generations, codec,
				writer);
		for (int i = 0; i < consumers; i++) {
			this.consumers.add(new ReducerConsumer<>(engine, table, clients, snapshots, topic, group, i));
		}
		this.commands = new CommandReader(commandTopic, clients, table, generations, codec, this::refresh);
	}

	/**
	 * Send the current states of a stream again, as far as this member has them: it may
	 * have lost messages. For any thread; does not block.
	 * @param stream the stream's id
	 */
	void refresh(String stream) {
		this.consumers.forEach((consumer) -> consumer.begun(stream));
	}

	/**
	 * Start, without waiting.
	 * @return completes when the member takes data
	 */
	CompletableFuture<@Nullable Void> start() {
		return this.commands.start().thenRun(() -> {
			synchronized (this) {
				if (!this.stopped) {
					this.consumers.forEach(ReducerConsumer::start);
				}
			}
		});
	}

	/**
	 * Stop: the present batches end and are committed. Waits for up to ten seconds.
	 */
	void stop() {
		synchronized (this) {
			this.stopped = true;
		}
		this.consumers.forEach(ReducerConsumer::stop);
		this.consumers.forEach(ReducerConsumer::awaitEnd);
		this.commands.stop();
	}

	/**
	 * Return the offset up to which this member knows all commands.
	 */
	long commandPosition() {
		return this.commands.position();
	}

}
