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

/**
 * Tells whether a state is among the results of a named query. Pure, does not block;
 * called by the thread of the state's partition, for each state that changes. A state for
 * which it throws does not match.
 *
 * @param <S> the type of the states
 * @param <Q> the type of the query's parameters
 */
@FunctionalInterface
public interface StreamQuery<S, Q> {

	/**
	 * Test a state.
	 * @param state the state of a key
	 * @param parameters the parameters that a subscriber has given
	 * @return whether it matches
	 */
	boolean matches(S state, Q parameters);

}
