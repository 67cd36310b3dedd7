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
import java.util.Collection;
import java.util.List;

import io.github.atmosphererelay.stream.internal.ReducerEngine.PartitionRun;
import io.github.atmosphererelay.stream.internal.ReducerInterest.WantedQuery;
import org.jspecify.annotations.Nullable;

/**
 * Reads the current states of streams from the store. For one thread.
 *
 * @param <S> the type of the states
 */
final class SnapshotReader<S> {

	private final ReducerEngine<S> engine;

	private final PartitionRun run;

	private final Matches<S> matches;

	private final @Nullable WantedQuery query;

	/**
	 * Create a reader.
	 * @param query the query of the streams, or {@code null} if they have keys
	 */
	SnapshotReader(ReducerEngine<S> engine, PartitionRun run, Matches<S> matches, @Nullable WantedQuery query) {
		this.query = query;
		this.engine = engine;
		this.run = run;
		this.matches = matches;
	}

	List<StreamMessage> read(Selection selection, Variant variant) {
		List<StreamMessage> messages = new ArrayList<>();
		if (selection instanceof Selection.Keys keys) {
			List<String> own = keys.keys().stream().filter(this::isOwn).toList();
			Collection<KeyedState> found = own.isEmpty() ? List.of() : this.engine.states().get(own).values();
			found.forEach((state) -> add(messages, selection, variant, state));
		}
		else {
			this.engine.states().scan((state) -> {
				if (!state.key().startsWith("\0") && isOwn(state.key())) {
					add(messages, selection, variant, state);
				}
			});
		}
		return messages;
	}

	private boolean isOwn(String key) {
		return this.engine.functions().reducer().partition(key, this.run.partitions()) == this.run.partition();
	}

	private void add(List<StreamMessage> messages, Selection selection, Variant variant, KeyedState stored) {
		if (TopicGenerations.isOfEarlierTopic(stored.version().generation(), this.run.generation())) {
			return;
		}
		String place = "the state of the key '" + stored.key() + "'";
		@Nullable S state;
		try {
			state = this.engine.functions().read(stored.json());
		}
		catch (SetAsideException ex) {
			this.engine.functions().setAside(ex, place);
			return;
		}
		StreamMessage message = this.matches.current(selection, this.query, variant, stored.key(), state,
				this.run.partition(), stored.version(), place);
		if (message != null) {
			messages.add(message);
		}
	}

}
