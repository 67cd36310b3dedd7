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

import java.util.Map;
import java.util.TreeMap;

/**
 * How far this process has got with a reducer.
 *
 * @param partitions the number of partitions that this process has
 * @param lag the number of records of these partitions that are not folded yet, as far as
 * the broker has told
 * @param problems why what does not work for a while does not work, by the name of the
 * partition or of the topic
 */
public record ReducerProgress(int partitions, long lag, Map<String, String> problems) {

	static final ReducerProgress NONE = new ReducerProgress(0, 0, Map.of());

	ReducerProgress plus(ReducerProgress other) {
		Map<String, String> all = new TreeMap<>(this.problems);
		all.putAll(other.problems);
		return new ReducerProgress(this.partitions + other.partitions, this.lag + other.lag, all);
	}

}
