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

package io.github.atmosphererelay.durable.internal;

import java.util.Objects;

import org.jspecify.annotations.Nullable;

/**
 * The answer to a client's request for a durable session.
 *
 * @param outcome the outcome
 * @param session the session, or {@code null} if the client has none
 */
public record DurableStart(DurableOutcome outcome, @Nullable DurableSession session) {

	/**
	 * The store failed or did not answer in time, so the client has no durable session.
	 */
	public static final DurableStart UNAVAILABLE = new DurableStart(DurableOutcome.UNAVAILABLE, null);

	/** The store is full, so the client has no durable session. */
	public static final DurableStart FULL = new DurableStart(DurableOutcome.FULL, null);

	public DurableStart {
		Objects.requireNonNull(outcome, "'outcome' must not be null");
	}

	/**
	 * Return whether the client has its former session back.
	 * @return whether the session was restored
	 */
	public boolean isRestored() {
		return this.outcome == DurableOutcome.RESTORED;
	}

}
