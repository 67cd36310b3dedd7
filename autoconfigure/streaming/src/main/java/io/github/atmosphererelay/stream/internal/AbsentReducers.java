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
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Which reducers no live process has had for so long that their subscribers are told.
 * Until then a deployment that restarts all processes is only a delay. {@link #look} is
 * for one thread, {@link #isAway} for any.
 */
final class AbsentReducers {

	private final Set<String> reducers;

	private final Duration grace;

	private final Map<String, Long> missing = new HashMap<>();

	private final Set<String> away = ConcurrentHashMap.newKeySet();

	AbsentReducers(Set<String> reducers, Duration grace) {
		this.reducers = reducers;
		this.grace = grace;
	}

	/**
	 * Look which reducers there are. Called every second.
	 * @param present the reducers that live processes have
	 * @param now the time in nanoseconds
	 * @return those that count as absent from now on
	 */
	List<String> look(Set<String> present, long now) {
		List<String> added = new ArrayList<>();
		for (String reducer : this.reducers) {
			if (present.contains(reducer)) {
				this.missing.remove(reducer);
				this.away.remove(reducer);
			}
			else if (now - this.missing.computeIfAbsent(reducer, (key) -> now) >= this.grace.toNanos()
					&& this.away.add(reducer)) {
				added.add(reducer);
			}
		}
		return added;
	}

	boolean isAway(String reducer) {
		return this.away.contains(reducer);
	}

}
