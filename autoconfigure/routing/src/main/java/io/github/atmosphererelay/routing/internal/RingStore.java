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

package io.github.atmosphererelay.routing.internal;

import io.github.atmosphererelay.routing.RingVersion;

/**
 * Keeps the published ring where other programs can read it. Called by one thread, which
 * it may block for a few seconds.
 */
public interface RingStore {

	/**
	 * Replace the ring, unless there is a newer one, in one step.
	 * @param version the ring's version
	 * @param document the ring as JSON
	 * @return whether the store has this ring now, and {@code false} if it has a newer
	 * one
	 * @throws RuntimeException if it is not certain that the store has it
	 */
	boolean save(RingVersion version, String document);

	/**
	 * Read the term of the ring that the store has.
	 * @return the term, or 0 if there is none, or nothing that is a ring
	 * @throws RuntimeException if the store has not answered
	 */
	long term();

	/**
	 * Release connections. They are opened again by the next call of another method.
	 */
	void release();

}
