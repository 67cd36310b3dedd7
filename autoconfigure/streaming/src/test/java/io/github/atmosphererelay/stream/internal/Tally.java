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

import io.github.atmosphererelay.stream.Reducer;
import io.github.atmosphererelay.stream.StreamRecord;
import org.jspecify.annotations.Nullable;

/**
 * A state that tells whether each record was folded once, and in order.
 *
 * @param group the group of the last record
 * @param hash what all records since the last removal have led to, in their order
 * @param count how many these are
 */
record Tally(int group, long hash, int count) {

	/** A record with this amount removes the state. */
	static final int REMOVES = 0;

	/** A record with this amount cannot be folded. */
	static final int FAILS = 13;

	static @Nullable Tally fold(@Nullable Tally state, Item item) {
		if (item.amount() == FAILS) {
			throw new IllegalArgumentException("An unlucky number");
		}
		if (item.amount() == REMOVES) {
			return null;
		}
		return (state != null) ? new Tally(item.group(), state.hash * 31 + item.amount(), state.count + 1)
				: new Tally(item.group(), item.amount(), 1);
	}

	private static @Nullable Tally fold(@Nullable Tally state, StreamRecord<String, Item> record) {
		Item item = record.value();
		return (item != null) ? fold(state, item) : null;
	}

	/**
	 * Return a reducer of these states, with the query {@code by-group} and the views
	 * {@code plain} and {@code short}.
	 */
	static Reducer<String, Tally> reducer(boolean skippable) {
		return reducer("items", skippable);
	}

	static Reducer<String, Tally> reducer(String topic, boolean skippable) {
		var builder = Reducer.named("tally")
			.topic(topic, Item.class)
			.state(Tally.class)
			.fold(Tally::fold)
			.query("by-group", ByGroup.class, (state, query) -> state.group() == query.group())
			.view((subscription) -> subscription.option("format", "plain"), (format, key, state) -> state.view(format));
		return (skippable ? builder.skippable() : builder).build();
	}

	Object view(String format) {
		return format.equals("short") ? this.count : this;
	}

	/**
	 * The value of a record.
	 *
	 * @param group the group
	 * @param amount what is added
	 */
	record Item(int group, int amount) {

	}

	/**
	 * The parameters of the query.
	 *
	 * @param group the group whose tallies match
	 */
	record ByGroup(int group) {

	}

}
