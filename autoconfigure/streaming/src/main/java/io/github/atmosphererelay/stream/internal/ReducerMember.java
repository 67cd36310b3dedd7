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
 * The consumers of a reducer in this process. They take data after this process knows all
 * streams.
 *
 * @param <S> the type of the states
 */
final class ReducerMember<S> {

	private final List<ReducerConsumer<S>> consumers = new ArrayList<>();

	private final String reducer;

	private final StreamTable table;

	private boolean stopped;

	/**
	 * Create a member.
	 * @param engine the reducer
	 * @param table the table of streams
	 * @param topic the reducer's topic
	 * @param group the consumer group of the reducer
	 * @param consumers how many partitions are read at the same time
	 */
	ReducerMember(ReducerEngine<S> engine, StreamTable table, ReducerClients clients, SnapshotPublisher snapshots,
			ReducerTopic topic, String group, int consumers) {
		this.reducer = engine.functions().reducer().name();
		this.table = table;
		for (int i = 0; i < consumers; i++) {
			this.consumers.add(new ReducerConsumer<>(engine, table, clients, snapshots, topic, group, i));
		}
	}

	/**
	 * Send the current states of a stream again, as far as this member has them: the
	 * stream has begun or was changed, or its node may have lost messages. For any
	 * thread; does not block.
	 * @param stream the stream's id
	 */
	void refresh(String stream) {
		StreamDefinition definition = this.table.get(stream);
		if (definition != null && definition.begun() && definition.reducer().equals(this.reducer)) {
			this.consumers.forEach((consumer) -> consumer.begun(stream));
		}
	}

	/**
	 * Return how far this member has got. For any thread.
	 */
	ReducerProgress progress() {
		return this.consumers.stream()
			.map(ReducerConsumer::progress)
			.reduce(ReducerProgress.NONE, ReducerProgress::plus);
	}

	String reducer() {
		return this.reducer;
	}

	/**
	 * Send the current states that match a query, as far as this member has them. For any
	 * thread; does not block.
	 */
	void asked(SnapshotRequest request) {
		if (request.reducer().equals(this.reducer)) {
			this.consumers.forEach((consumer) -> consumer.asked(request));
		}
	}

	/**
	 * Start, without waiting.
	 * @param caughtUp completes when all streams are known
	 * @return completes when the member takes data
	 */
	CompletableFuture<@Nullable Void> start(CompletableFuture<@Nullable Void> caughtUp) {
		return caughtUp.thenRun(() -> {
			synchronized (this) {
				if (!this.stopped) {
					this.consumers.forEach(ReducerConsumer::start);
				}
			}
		});
	}

	/**
	 * Stop: the present batches end and are committed. Waits for up to five seconds.
	 */
	void stop() {
		synchronized (this) {
			this.stopped = true;
		}
		this.consumers.forEach(ReducerConsumer::stop);
		this.consumers.forEach(ReducerConsumer::awaitEnd);
	}

}
