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

import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * An application with a reducer whose states tell whether each record was folded once,
 * and in order.
 */
@Configuration(proxyBeanMethods = false)
class TallyReducer {

	/** The property that names the topic. */
	static final String TOPIC = "test.topic";

	@Bean
	Reducer<String, Tally> tally(@Value("${" + TOPIC + "}") String topic) {
		return Reducer.named("tally")
			.topic(topic, Item.class)
			.state(Tally.class)
			.fold((state, record) -> Tally.fold(state, record.value()))
			.query("by-group", ByGroup.class, (state, query) -> state.group() == query.group())
			.view((subscription) -> subscription.option("format", "plain"), (format, key, state) -> state.view(format))
			.build();
	}

	/**
	 * The state of a key.
	 *
	 * @param group the group of the last record
	 * @param hash what all records have led to, in their order
	 * @param count how many these are
	 */
	record Tally(int group, long hash, int count) {

		static @Nullable Tally fold(@Nullable Tally state, @Nullable Item item) {
			if (item == null) {
				return null;
			}
			return (state != null) ? new Tally(item.group(), state.hash * 31 + item.amount(), state.count + 1)
					: new Tally(item.group(), item.amount(), 1);
		}

		Object view(String format) {
			return format.equals("short") ? this.count : this;
		}

	}

	/**
	 * The value of a record.
	 *
	 * @param group the group to which the key belongs from now on
	 * @param amount what goes into the hash
	 */
	record Item(int group, int amount) {

	}

	/**
	 * The parameters of the query.
	 *
	 * @param group the group whose keys match
	 */
	record ByGroup(int group) {

	}

}
