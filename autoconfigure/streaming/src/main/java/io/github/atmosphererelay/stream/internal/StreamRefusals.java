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

import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;

import io.github.atmosphererelay.stream.internal.StreamRefusedException.Reason;

/**
 * How many requests for streams were refused. For any thread.
 */
public final class StreamRefusals {

	private final Map<Reason, LongAdder> refused = new EnumMap<>(Reason.class);

	StreamRefusals() {
		for (Reason reason : Reason.values()) {
			this.refused.put(reason, new LongAdder());
		}
	}

	/**
	 * Count a refusal.
	 * @param reason why a request was refused
	 */
	public void count(Reason reason) {
		counter(reason).increment();
	}

	/**
	 * Return how many requests were refused.
	 * @param reason for this reason
	 * @return the number
	 */
	public long of(Reason reason) {
		return counter(reason).sum();
	}

	private LongAdder counter(Reason reason) {
		return Objects.requireNonNull(this.refused.get(reason));
	}

}
