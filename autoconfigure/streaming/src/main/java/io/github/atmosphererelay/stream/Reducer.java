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

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.function.Function;

import io.github.atmosphererelay.feed.FeedPartitioner;
import org.apache.kafka.common.serialization.Deserializer;
import org.jspecify.annotations.Nullable;

/**
 * Computes a state for each key of a Kafka topic, and tells what subscribers see of it. A
 * bean of this type runs on every node and in every process that has the same bean; they
 * share the partitions of the topic. For example: <pre class="code">
 * Reducer.named("odds")
 *     .topic("odds", Odds.class)
 *     .fold((state, record) -&gt; record.value())
 *     .query("by-sport", BySport.class, (state, query) -&gt; state.sport().equals(query.sport()))
 *     .view((subscription) -&gt; subscription.option("format", "decimal"),
 *         (format, key, state) -&gt; state.in(format))
 *     .build();
 * </pre> Immutable, for any thread. The functions are called by the threads that read the
 * topic; they are pure and do not block.
 *
 * @param <K> the type of the keys, which are text
 * @param <S> the type of the states, which are stored as JSON
 */
public final class Reducer<K, S> {

	private final ReducerBuilder<?, S> definition;

	private final Map<String, NamedQuery<S, ?>> queries;

	Reducer(ReducerBuilder<?, S> definition, Map<String, NamedQuery<S, ?>> queries) {
		this.definition = definition;
		this.queries = queries;
	}

	/**
	 * Begin to define a reducer.
	 * @param name the name: 1 to 64 lower case letters, digits and hyphens. It names the
	 * consumer group and the states, so that a reducer with another name begins anew
	 * @return the next step
	 * @throws IllegalArgumentException if this is not such a name
	 */
	public static Named named(String name) {
		Names.require("The name of a reducer", name);
		return new Named(name);
	}

	/**
	 * Return the name.
	 * @return the name
	 */
	public String name() {
		return this.definition.name();
	}

	/**
	 * Return the topic.
	 * @return the name of the topic that is read
	 */
	public String topic() {
		return this.definition.topic();
	}

	/**
	 * Return the type of the states.
	 * @return the type, which is written to and read from JSON
	 */
	public Class<S> stateType() {
		return this.definition.stateType();
	}

	/**
	 * Return the type of the values.
	 * @return the type, which is read from JSON, or {@code null} if there is a
	 * {@linkplain #deserializer() deserializer}
	 */
	public @Nullable Class<?> valueType() {
		return this.definition.valueType();
	}

	/**
	 * Return what reads the values.
	 * @return the deserializer, or {@code null} if they are JSON
	 */
	public @Nullable Deserializer<?> deserializer() {
		return this.definition.deserializer();
	}

	/**
	 * Return the fold.
	 * @param <V> the type of the values
	 * @return the fold, which takes values of this reducer's type of values
	 */
	@SuppressWarnings("unchecked")
	public <V> StreamFold<String, V, S> fold() {
		return (StreamFold<String, V, S>) this.definition.requiredFold();
	}

	/**
	 * Return the queries.
	 * @return the queries by their names
	 */
	public Map<String, NamedQuery<S, ?>> queries() {
		return this.queries;
	}

	/**
	 * Return what tells the variant of a subscriber.
	 * @return the function; variants are compared by the JSON that they are written as
	 */
	public Function<StreamSubscription, ?> variant() {
		return this.definition.variant();
	}

	/**
	 * Return what subscribers see.
	 * @return the view, which takes what {@link #variant()} returns
	 */
	@SuppressWarnings("unchecked")
	public StreamView<Object, String, S> view() {
		return (StreamView<Object, String, S>) this.definition.view();
	}

	/**
	 * Return whether of several changes that are read at once, subscribers get only the
	 * newest of each key.
	 * @return whether changes may be left out
	 */
	public boolean isSkippable() {
		return this.definition.isSkippable();
	}

	/**
	 * Return the partition of a key.
	 * @param key the key
	 * @param partitions the number of partitions of the topic, 1 or more
	 * @return the partition
	 */
	public int partition(String key, int partitions) {
		FeedPartitioner partitioner = this.definition.partitioner();
		return partitioner.partition(key.getBytes(StandardCharsets.UTF_8), partitions);
	}

	@Override
	public String toString() {
		return "Reducer '" + name() + "' of the topic '" + topic() + "'";
	}

	/**
	 * A reducer that has a name and needs a topic.
	 */
	public static final class Named {

		private final String name;

		Named(String name) {
			this.name = name;
		}

		/**
		 * Read a topic whose values are JSON, or none (tombstones).
		 * @param <V> the type of the values, also of the states unless
		 * {@link ReducerBuilder#state} names another
		 * @param topic the topic
		 * @param type the type that the values are read as
		 * @return the next step
		 * @throws IllegalArgumentException if the topic is empty
		 */
		public <V> ReducerBuilder<V, V> topic(String topic, Class<V> type) {
			return ReducerBuilder.ofJson(this.name, topic, type);
		}

		/**
		 * Read a topic with a deserializer of one's own.
		 * @param <V> the type of the values
		 * @param <S> the type of the states
		 * @param topic the topic
		 * @param deserializer reads the values; called by several threads, each with
		 * records of other partitions
		 * @param state the type of the states
		 * @return the next step
		 * @throws IllegalArgumentException if the topic is empty
		 */
		public <V, S> ReducerBuilder<V, S> topic(String topic, Deserializer<V> deserializer, Class<S> state) {
			return ReducerBuilder.ofDeserializer(this.name, topic, deserializer, state);
		}

	}

}
