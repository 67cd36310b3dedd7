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

package io.github.atmosphererelay.listening.internal;

import java.util.EnumMap;
import java.util.Iterator;
import java.util.Map;

import io.github.atmosphererelay.message.Discontinuity;
import org.jspecify.annotations.Nullable;

/**
 * The numbers of messages that are missing at one place of an ephemeral channel, by
 * reason. Not thread-safe.
 */
final class MissingMessages {

	private final String channel;

	private final Map<Discontinuity.Reason, Long> numbers = new EnumMap<>(Discontinuity.Reason.class);

	MissingMessages(String channel) {
		this.channel = channel;
	}

	void add(Discontinuity.Reason reason, long number) {
		this.numbers.merge(reason, number,
				(before, more) -> (before == Discontinuity.UNKNOWN || more == Discontinuity.UNKNOWN)
						? Discontinuity.UNKNOWN : before + more);
	}

	/**
	 * Remove what is missing for one reason.
	 * @return a discontinuity, or {@code null} if nothing is missing
	 */
	@Nullable Discontinuity poll() {
		Iterator<Map.Entry<Discontinuity.Reason, Long>> entries = this.numbers.entrySet().iterator();
		if (!entries.hasNext()) {
			return null;
		}
		Map.Entry<Discontinuity.Reason, Long> entry = entries.next();
		Discontinuity missing = new Discontinuity(this.channel, entry.getKey(), entry.getValue(), null);
		entries.remove();
		return missing;
	}

	boolean isEmpty() {
		return this.numbers.isEmpty();
	}

}
