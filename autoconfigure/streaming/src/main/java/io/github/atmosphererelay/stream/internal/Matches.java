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
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import io.github.atmosphererelay.stream.internal.ReducerInterest.WantedQuery;
import org.jspecify.annotations.Nullable;

/**
 * Tells what a change of a state means for the streams that want its key, or a query.
 * Whether a key matched before follows from its state before, so that no process has to
 * remember it. For any thread.
 *
 * @param <S> the type of the states
 */
final class Matches<S> {

	private final ReducerFunctions<S> functions;

	private final ReducerInterest interest;

	Matches(ReducerFunctions<S> functions, ReducerInterest interest) {
		this.functions = functions;
		this.interest = interest;
	}

	/**
	 * Return the messages of a change.
	 * @param before what subscribers know of the key
	 * @param state the new state, or {@code null} if it was removed
	 * @param place where the change comes from, for the application log
	 */
	List<StreamMessage> messages(Before<S> before, String key, @Nullable S state, int partition, StateVersion version,
			String place) {
		List<StreamMessage> messages = new ArrayList<>();
		// Streams of several interests share the variant
		Map<Variant, Viewed> views = new HashMap<>();
		String reducer = this.functions.reducer().name();
		for (Variant variant : this.interest.variantsOf(key)) {
			Viewed viewed = view(views, variant, key, state, place);
			if (!viewed.failed) {
				messages.add(new StreamMessage(InterestId.ofKey(reducer, key, variant), partition, key, version,
						viewed.json));
			}
		}
		for (WantedQuery query : this.interest.queries()) {
			boolean matches = state != null && matches(query, state, place, false);
			if (!matches && !mayHaveMatched(query, before, place)) {
				continue;
			}
			for (Variant variant : query.variants().keySet()) {
				Viewed viewed = matches ? view(views, variant, key, state, place) : Viewed.NONE;
				if (!viewed.failed) {
					messages.add(new StreamMessage(InterestId.ofQuery(reducer, query.query(), variant), partition, key,
							version, viewed.json));
				}
			}
		}
		return messages;
	}

	/**
	 * Return the message of a state that is sent to a stream which has just begun.
	 * @param query the query of the stream, or {@code null} if it has keys or has ended
	 * @return the message, or {@code null} if the stream has no such key, or the view has
	 * thrown
	 */
	@Nullable StreamMessage current(Selection selection, @Nullable WantedQuery query, Variant variant, String key,
			@Nullable S state, int partition, StateVersion version, String place) {
		String reducer = this.functions.reducer().name();
		if (selection instanceof Selection.Keys) {
			Viewed viewed = view(new HashMap<>(), variant, key, state, place);
			return viewed.failed ? null
					: new StreamMessage(InterestId.ofKey(reducer, key, variant), partition, key, version, viewed.json);
		}
		if (query == null || state == null || !matches(query, state, place, false)) {
			return null;
		}
		Viewed viewed = view(new HashMap<>(), variant, key, state, place);
		return viewed.failed ? null : new StreamMessage(InterestId.ofQuery(reducer, query.query(), variant), partition,
				key, version, viewed.json);
	}

	private boolean mayHaveMatched(WantedQuery query, Before<S> before, String place) {
		if (!before.known) {
			return true;
		}
		for (S state : before.states) {
			if (matches(query, state, place, true)) {
				return true;
			}
		}
		return false;
	}

	private boolean matches(WantedQuery query, S state, String place, boolean otherwise) {
		try {
			return this.functions.matches(query.query().name(), query.parameters(), state);
		}
		catch (SetAsideException ex) {
			this.functions.setAside(ex, place);
			return otherwise;
		}
	}

	private Viewed view(Map<Variant, Viewed> views, Variant variant, String key, @Nullable S state, String place) {
		if (state == null) {
			return Viewed.NONE;
		}
		Viewed known = views.get(variant);
		if (known != null) {
			return known;
		}
		Viewed viewed;
		try {
			viewed = new Viewed(this.functions.view(variant, key, state), false);
		}
		catch (SetAsideException ex) {
			this.functions.setAside(ex, place);
			viewed = Viewed.FAILED;
		}
		views.put(variant, viewed);
		return viewed;
	}

	/**
	 * What subscribers may know of a key.
	 *
	 * @param <S> the type of the states
	 * @param known whether they know one of the states for certain. It is not certain
	 * after a fault: the state may have been written, and the process died before it
	 * published
	 * @param states the states that they may know, in any order
	 */
	record Before<S>(boolean known, List<S> states) {

		static <S> Before<S> of(boolean known, @Nullable S state) {
			return new Before<>(known, (state != null) ? List.of(state) : List.of());
		}

	}

	private record Viewed(byte @Nullable [] json, boolean failed) {

		private static final Viewed NONE = new Viewed(null, false);

		private static final Viewed FAILED = new Viewed(null, true);

	}

}
