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
import java.util.Set;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * What a client asks for to get a stream.
 *
 * @param reducer the reducer's name
 * @param keys the keys, or {@code null} for a query
 * @param query the query's name, or {@code null} for keys
 * @param parameters the query's parameters
 * @param options from which the reducer tells the variant
 * @param since what a snapshot said, if the client has one
 */
public record StreamRequest(@Nullable String reducer, @Nullable Set<String> keys, @Nullable String query,
		@Nullable JsonNode parameters, @Nullable Map<String, String> options, @Nullable String since) {

}
