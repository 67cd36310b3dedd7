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

import java.time.Duration;

import io.github.atmosphererelay.guard.internal.RateLimitedLog;
import io.github.atmosphererelay.stream.NamedQuery;
import io.github.atmosphererelay.stream.Reducer;
import io.github.atmosphererelay.stream.StreamFold;
import io.github.atmosphererelay.stream.StreamRecord;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.apache.kafka.common.serialization.Deserializer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectWriter;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * Calls the functions of a reducer. What they throw is counted, logged and kept away from
 * the caller. For any thread.
 *
 * @param <S> the type of the states
 */
final class ReducerFunctions<S> {

	private static final Log logger = LogFactory.getLog(ReducerFunctions.class);

	private final RateLimitedLog log = new RateLimitedLog(logger, Duration.ofSeconds(10));

	private final Reducer<?, S> reducer;

	private final JsonMapper mapper;

	private final ObjectWriter canonical;

	private final ReducerStatistics statistics;

	ReducerFunctions(Reducer<?, S> reducer, JsonMapper mapper, ReducerStatistics statistics) {
		this.reducer = reducer;
		this.mapper = mapper;
		this.canonical = mapper.writer().with(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS);
		this.statistics = statistics;
	}

	Reducer<?, S> reducer() {
		return this.reducer;
	}

	/**
	 * Fold a record.
	 * @throws SetAsideException if the record is to be set aside
	 */
	@Nullable S fold(@Nullable S state, String key, DataRecord record) throws SetAsideException {
		Object value = value(record);
		StreamFold<String, Object, S> fold = this.reducer.fold();
		try {
			return fold.apply(state, new StreamRecord<>(key, value, record.time(), record.headers()));
		}
		catch (Exception | LinkageError | StackOverflowError ex) {
			throw new SetAsideException(SetAsideReason.FOLD, ex);
		}
	}

	private @Nullable Object value(DataRecord record) throws SetAsideException {
		byte[] bytes = record.value();
		if (bytes == null) {
			return null;
		}
		try {
			Deserializer<?> deserializer = this.reducer.deserializer();
			if (deserializer != null) {
				return deserializer.deserialize(this.reducer.topic(), bytes);
			}
			Class<?> type = this.reducer.valueType();
			return (type != null) ? this.mapper.readValue(bytes, type) : null;
		}
		catch (Exception | LinkageError | StackOverflowError ex) {
			throw new SetAsideException(SetAsideReason.VALUE, ex);
		}
	}

	/**
	 * Read a stored state.
	 * @throws SetAsideException if it cannot be read
	 */
	@Nullable S read(byte @Nullable [] json) throws SetAsideException {
		if (json == null) {
			return null;
		}
		try {
			return this.mapper.readValue(json, this.reducer.stateType());
		}
		catch (Exception | LinkageError | StackOverflowError ex) {
			throw new SetAsideException(SetAsideReason.STATE, ex);
		}
	}

	/**
	 * Write a state for the store.
	 * @throws SetAsideException if it cannot be written
	 */
	byte @Nullable [] write(@Nullable S state) throws SetAsideException {
		if (state == null) {
			return null;
		}
		try {
			return this.mapper.writeValueAsBytes(state);
		}
		catch (Exception | LinkageError | StackOverflowError ex) {
			throw new SetAsideException(SetAsideReason.STATE, ex);
		}
	}

	/**
	 * Test a state.
	 * @param parameters what {@link #parameters} has returned
	 * @throws SetAsideException if the query has thrown
	 */
	boolean matches(String name, Object parameters, S state) throws SetAsideException {
		try {
			return query(name, state, parameters);
		}
		catch (Exception | LinkageError | StackOverflowError ex) {
			throw new SetAsideException(SetAsideReason.QUERY, ex);
		}
	}

	@SuppressWarnings("unchecked")
	private boolean query(String name, S state, Object parameters) {
		NamedQuery<S, Object> query = (NamedQuery<S, Object>) required(name);
		return query.query().matches(state, parameters);
	}

	private NamedQuery<S, ?> required(String name) {
		NamedQuery<S, ?> query = this.reducer.queries().get(name);
		if (query == null) {
			throw new IllegalArgumentException("The reducer '" + this.reducer.name() + "' has no query '" + name
					+ "'. It has " + this.reducer.queries().keySet().stream().sorted().toList());
		}
		return query;
	}

	/**
	 * Return what subscribers of a variant see.
	 * @return the view as JSON
	 * @throws SetAsideException if the view has thrown
	 */
	byte[] view(Variant variant, String key, S state) throws SetAsideException {
		try {
			return this.mapper.writeValueAsBytes(this.reducer.view().of(variant.value(), key, state));
		}
		catch (Exception | LinkageError | StackOverflowError ex) {
			throw new SetAsideException(SetAsideReason.VIEW, ex);
		}
	}

	/**
	 * Read the parameters of a query.
	 * @throws IllegalArgumentException if there is no such query
	 * @throws RuntimeException if the query does not take such parameters
	 */
	Object parameters(QueryInstance query) {
		Class<?> type = required(query.name()).parameters();
		Object parameters = this.mapper.readValue(query.parameters(), type);
		if (parameters == null) {
			throw new IllegalArgumentException("The query '" + query.name() + "' needs parameters");
		}
		return parameters;
	}

	/**
	 * Return a query with the same text for the same parameters.
	 * @param name the query's name
	 * @param parameters the parameters as a client has sent them
	 * @throws IllegalArgumentException if there is no such query
	 * @throws RuntimeException if the query does not take such parameters
	 */
	QueryInstance query(String name, JsonNode parameters) {
		Object read = this.mapper.treeToValue(parameters, required(name).parameters());
		if (read == null) {
			throw new IllegalArgumentException("The query '" + name + "' needs parameters");
		}
		return new QueryInstance(name, canonical(read));
	}

	/**
	 * Write a value so that equal values have equal texts.
	 */
	String canonical(Object value) {
		return this.canonical.writeValueAsString(this.mapper.convertValue(value, Object.class));
	}

	/**
	 * Count and log what was set aside.
	 * @param place the topic, partition and offset, and the key if it has one
	 */
	void setAside(SetAsideException failure, String place) {
		this.statistics.countSetAside(failure.reason());
		this.log.warn(
				"The reducer '" + this.reducer.name() + "' set " + place + " aside at '" + failure.reason().tag()
						+ "', and goes on with the next record. The exception shows what to change in its bean",
				failure.failure());
	}

}
