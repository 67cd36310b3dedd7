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

package io.github.atmosphererelay.cluster;

import java.time.Instant;
import java.util.Objects;
import java.util.UUID;

import org.jspecify.annotations.Nullable;

/**
 * A node of the cluster, as it has described itself.
 *
 * @param id the node's id, a new one with each start of the application
 * @param name a name for display, not necessarily unique
 * @param address host and port of its web server, or {@code null} if they are not known
 * @param startedAt when it was started, by its own clock, in whole milliseconds; with
 * routing on, it decides who publishes the ring if nobody does
 * @param version the version of this library that it runs
 * @param load its number of sessions and message rates
 * @param routing its share of the users, or {@code null} if it takes no part in routing
 */
public record ClusterNode(UUID id, String name, @Nullable String address, Instant startedAt, String version,
		NodeLoad load, @Nullable NodeRouting routing) {

	public ClusterNode {
		Objects.requireNonNull(id, "'id' must not be null");
		Objects.requireNonNull(name, "'name' must not be null");
		Objects.requireNonNull(startedAt, "'startedAt' must not be null");
		Objects.requireNonNull(version, "'version' must not be null");
		Objects.requireNonNull(load, "'load' must not be null");
	}

	/**
	 * Create the description of a node that takes no part in routing.
	 * @param id the node's id
	 * @param name a name for display
	 * @param address host and port of its web server, or {@code null}
	 * @param startedAt when it was started
	 * @param version the version of this library that it runs
	 * @param load its number of sessions and message rates
	 */
	public ClusterNode(UUID id, String name, @Nullable String address, Instant startedAt, String version,
			NodeLoad load) {
		this(id, name, address, startedAt, version, load, null);
	}

}
