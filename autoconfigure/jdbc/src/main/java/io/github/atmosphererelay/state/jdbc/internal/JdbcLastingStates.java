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

package io.github.atmosphererelay.state.jdbc.internal;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

import io.github.atmosphererelay.state.LastingStates;
import io.github.atmosphererelay.state.StateEntry;
import io.github.atmosphererelay.state.StateResult;

import org.springframework.jdbc.core.JdbcOperations;

/**
 * Rows of one space that do not expire while they have a value.
 */
final class JdbcLastingStates implements LastingStates {

	/** Each value may be large. */
	private static final int PAGE = 100;

	private static final String SCAN = "SELECT STATE_KEY, GENERATION, ENTRY_OFFSET, STATE_VALUE FROM ATMOSPHERE_STATE"
			+ " WHERE STATE_SPACE = ? AND STATE_KEY > ? AND STATE_VALUE IS NOT NULL ORDER BY STATE_KEY LIMIT " + PAGE;

	/** A space whose entries expire may have the same name. */
	private static final String PREFIX = "=";

	private final JdbcOperations jdbc;

	private final JdbcStateStore store;

	private final String space;

	JdbcLastingStates(JdbcOperations jdbc, JdbcStateStore store, String space) {
		this.jdbc = jdbc;
		this.store = store;
		this.space = PREFIX + space;
	}

	@Override
	public List<StateResult> putIfNewer(List<StateEntry> entries) {
		return this.store.putIfNewer(this.space, entries);
	}

	@Override
	public Map<String, StateEntry> find(Collection<String> keys) {
		return this.store.find(this.space, keys);
	}

	@Override
	public void scan(Consumer<StateEntry> visitor) {
		String last = "";
		List<StateEntry> page;
		do {
			page = this.jdbc.query(SCAN, (row, number) -> JdbcStateStore.entry(row), this.space, last);
			page.forEach(visitor);
			if (!page.isEmpty()) {
				last = page.get(page.size() - 1).key();
			}
		}
		while (page.size() == PAGE);
	}

}
