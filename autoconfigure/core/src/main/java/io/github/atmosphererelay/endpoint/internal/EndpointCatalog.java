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

package io.github.atmosphererelay.endpoint.internal;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

import org.jspecify.annotations.Nullable;

/**
 * Finds the endpoint of a channel. If the patterns of several endpoints cover a name, the
 * most specific pattern decides. Thread-safe.
 */
final class EndpointCatalog {

	/**
	 * The maximum number of remembered results. Clients choose the names, so the number
	 * must be limited.
	 */
	private static final int MAX_REMEMBERED = 10_000;

	private final Map<String, Optional<EndpointMatch>> remembered = new ConcurrentHashMap<>();

	private final List<Endpoint> endpoints;

	EndpointCatalog(List<Endpoint> endpoints) {
		this.endpoints = endpoints.stream().sorted(Comparator.comparing(Endpoint::pattern)).toList();
	}

	List<Endpoint> all() {
		return this.endpoints;
	}

	@Nullable EndpointMatch match(String channel) {
		Optional<EndpointMatch> known = this.remembered.get(channel);
		if (known == null) {
			known = Optional.ofNullable(find(channel));
			if (this.remembered.size() < MAX_REMEMBERED) {
				this.remembered.put(channel, known);
			}
		}
		return known.orElse(null);
	}

	private @Nullable EndpointMatch find(String channel) {
		for (Endpoint endpoint : this.endpoints) {
			Map<String, String> variables = endpoint.pattern().match(channel);
			if (variables != null) {
				return new EndpointMatch(endpoint, Map.copyOf(variables));
			}
		}
		return null;
	}

}
