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

package io.github.atmosphererelay.stream;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

import io.github.atmosphererelay.feed.FeedPartitioner;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * Defines a {@link Reducer}. For one thread; what was built does not change afterwards.
 *
 * @param <V> the type of the values
 * @param <S> the type of the states
 */
public final class ReducerBuilder<V, S> {

	private static final FeedPartitioner MURMUR2 = (key, partitions) -> Utils.toPositive(Utils.murmur2(key))
			% partitions;

	private final String name;

	private final String topic;

	private final @Nullable Class<V> valueType;

	private final @Nullable Deserializer<V> deserializer;

	private final Class<S> stateType;

	private final Map<String, NamedQuery<S, ?>> queries = new LinkedHashMap<>();

	private @Nullable StreamFold<String, V, S> fold;

	private Function<StreamSubscription, ?> variant = (subscription) -> "";

	private StreamView<?, String, S> view = (variant, key, state) -> state;

	private boolean viewed;

	private FeedPartitioner partitioner = MURMUR2;

	private boolean skippable;

	private ReducerBuilder(String name, String topic, @Nullable Class<V> valueType,
			@Nullable Deserializer<V> deserializer, Class<S> stateType) {
		Assert.hasText(topic,
				() -> "The reducer '" + name + "' needs the name of a topic: Reducer.named(..).topic(..)");
		Assert.isTrue(valueType != null || deserializer != null,
				() -> "The reducer '" + name + "' needs the type of its values: Reducer.named(..).topic(..)");
		Assert.notNull(stateType,
				() -> "The reducer '" + name + "' needs the type of its states: topic(..) or state(..)");
		this.name = name;
		this.topic = topic;
		this.valueType = valueType;
		this.deserializer = deserializer;
		this.stateType = stateType;
	}

	/** Copies what was defined, so that nothing is built from what changes later. */
	private ReducerBuilder(ReducerBuilder<V, S> other) {
		this(other.name, other.topic, other.valueType, other.deserializer, other.stateType);
		this.queries.putAll(other.queries);
		this.fold = other.fold;
		this.variant = other.variant;
		this.view = other.view;
		this.partitioner = other.partitioner;
		this.skippable = other.skippable;
	}

	static <V> ReducerBuilder<V, V> ofJson(String name, String topic, Class<V> type) {
		return new ReducerBuilder<>(name, topic, type, null, type);
	}

	static <V, S> ReducerBuilder<V, S> ofDeserializer(String name, String topic, Deserializer<V> deserializer,
			Class<S> state) {
		return new ReducerBuilder<>(name, topic, null, deserializer, state);
	}

	/**
	 * Use states of another type than the values.
	 * @param <T> the type of the states
	 * @param type the type, which is written to and read from JSON
	 * @return the next step
	 * @throws IllegalStateException if the fold, a query or a view was defined before
	 */
	public <T> ReducerBuilder<V, T> state(Class<T> type) {
		Assert.state(this.fold == null && this.queries.isEmpty() && !this.viewed, () -> "The reducer '" + this.name
				+ "' has a fold, a query or a view already: call state(..) before fold(..), query(..) and view(..)");
		ReducerBuilder<V, T> next = new ReducerBuilder<>(this.name, this.topic, this.valueType, this.deserializer,
				type);
		next.partitioner = this.partitioner;
		next.skippable = this.skippable;
		return next;
	}

	/**
	 * Set the fold. Required.
	 * @param fold folds a record into the state of its key
	 * @return this builder
	 */
	public ReducerBuilder<V, S> fold(StreamFold<String, V, S> fold) {
		Assert.state(this.fold == null, () -> "The reducer '" + this.name + "' has two folds: call fold(..) once");
		this.fold = fold;
		return this;
	}

	/**
	 * Add a query that subscribers may name.
	 * @param <Q> the type of the parameters
	 * @param name the query's name: 1 to 64 lower case letters, digits and hyphens
	 * @param parameters the type of the parameters, which are read from JSON
	 * @param query tells which states match
	 * @return this builder
	 * @throws IllegalArgumentException if there is a query of this name, or this is not a
	 * name
	 */
	public <Q> ReducerBuilder<V, S> query(String name, Class<Q> parameters, StreamQuery<S, Q> query) {
		NamedQuery<S, Q> added = new NamedQuery<>(name, parameters, query);
		Assert.isTrue(this.queries.putIfAbsent(name, added) == null, () -> "The reducer '" + this.name
				+ "' has two queries with the name '" + name + "': give query(..) another name");
		return this;
	}

	/**
	 * Set what subscribers see. Without it, they see the state.
	 * @param <F> the type of the variants: a record, an enum, a text or a number. Streams
	 * whose variants are the same as JSON share messages
	 * @param variant tells the variant of a subscriber; pure, does not block
	 * @param view tells what subscribers of a variant see
	 * @return this builder
	 */
	public <F> ReducerBuilder<V, S> view(Function<StreamSubscription, F> variant, StreamView<F, String, S> view) {
		Assert.state(!this.viewed, () -> "The reducer '" + this.name + "' has two views: call view(..) once");
		this.viewed = true;
		this.variant = variant;
		this.view = view;
		return this;
	}

	/**
	 * Set how the producers of the topic choose the partition of a key. Without it, as
	 * Kafka's Java clients do ({@code murmur2}).
	 * @param partitioner the partitioner
	 * @return this builder
	 */
	public ReducerBuilder<V, S> partitioner(FeedPartitioner partitioner) {
		this.partitioner = partitioner;
		return this;
	}

	/**
	 * Let subscribers get only the newest change of each key where several are read at
	 * once. Every record is still folded.
	 * @return this builder
	 */
	public ReducerBuilder<V, S> skippable() {
		this.skippable = true;
		return this;
	}

	/**
	 * Build the reducer.
	 * @return a new reducer
	 * @throws IllegalStateException if the fold is missing
	 */
	public Reducer<String, S> build() {
		Assert.state(this.fold != null,
				() -> "The reducer '" + this.name + "' does not tell how records change states: call fold(..)");
		ReducerBuilder<V, S> definition = new ReducerBuilder<>(this);
		return new Reducer<>(definition, Map.copyOf(definition.queries));
	}

	String name() {
		return this.name;
	}

	String topic() {
		return this.topic;
	}

	Class<S> stateType() {
		return this.stateType;
	}

	@Nullable Class<V> valueType() {
		return this.valueType;
	}

	@Nullable Deserializer<V> deserializer() {
		return this.deserializer;
	}

	StreamFold<String, V, S> requiredFold() {
		StreamFold<String, V, S> fold = this.fold;
		Assert.state(fold != null, "No fold");
		return fold;
	}

	Function<StreamSubscription, ?> variant() {
		return this.variant;
	}

	StreamView<?, String, S> view() {
		return this.view;
	}

	FeedPartitioner partitioner() {
		return this.partitioner;
	}

	boolean isSkippable() {
		return this.skippable;
	}

}
