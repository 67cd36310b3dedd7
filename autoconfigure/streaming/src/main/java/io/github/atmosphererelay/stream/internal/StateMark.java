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

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;

import org.jspecify.annotations.Nullable;

/**
 * The entry of a partition that says that the store has all of its states: a server that
 * has lost its data has lost this, too. Its value is also committed with the offsets.
 * Only the owner of the partition can commit, so that a mark which a late process has
 * written is not trusted. For one thread.
 */
final class StateMark {

	private final KeyedStates states;

	private final String key;

	StateMark(KeyedStates states, String key) {
		this.states = states;
		this.key = key;
	}

	/**
	 * Return the mark that the store has.
	 * @return the mark, or {@code null} if there is none
	 * @throws RuntimeException if the store does not answer
	 */
	@Nullable String read() {
		KeyedState stored = stored();
		byte[] value = (stored != null) ? stored.json() : null;
		return (value != null) ? new String(value, StandardCharsets.UTF_8) : null;
	}

	private @Nullable KeyedState stored() {
		return this.states.get(List.of(this.key)).get(this.key);
	}

	/**
	 * Write a new mark.
	 * @return the mark
	 * @throws RuntimeException if it was not written, perhaps because another one was
	 * written at the same time
	 */
	String write() {
		String mark = UUID.randomUUID().toString();
		// Not by offset: it replaces any mark there is, also that of a later offset
		KeyedState stored = stored();
		long number = (stored != null) ? stored.version().generation() + 1 : 0;
		KeyedState written = new KeyedState(this.key, new StateVersion(number, 0),
				mark.getBytes(StandardCharsets.UTF_8));
		WriteOutcome outcome = this.states.putIfNewer(List.of(written)).get(0);
		if (outcome != WriteOutcome.NEWER) {
			throw new IllegalStateException("The mark of complete states was not written: " + outcome);
		}
		return mark;
	}

}
