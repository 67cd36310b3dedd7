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

import org.springframework.util.Assert;

/**
 * A query of a reducer. Subscribers name it and give parameters; they never give an
 * expression.
 *
 * @param <S> the type of the states
 * @param <Q> the type of the parameters
 * @param name the query's name, unique within its reducer
 * @param parameters the type of the parameters, which are read from JSON
 * @param query tells which states match
 */
public record NamedQuery<S, Q>(String name, Class<Q> parameters, StreamQuery<S, Q> query) {

	public NamedQuery {
		Names.require("The name of a query", name);
		Assert.notNull(parameters, () -> "The query '" + name + "' needs the type of its parameters");
		Assert.notNull(query, () -> "The query '" + name + "' needs a function that tells which states match");
	}

}
