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

package io.github.atmosphererelay.cluster.internal;

import java.time.Duration;
import java.util.Objects;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;

/**
 * Times and limits of a node's membership in the cluster.
 *
 * @param heartbeatInterval the average time between two heartbeats
 * @param nodeTimeout the time without a message after which a node is removed; at least
 * three times the heartbeat interval
 * @param requestTimeout how long a request waits for the answers of other nodes
 * @param maxMessageSize the maximum size of a message that the relay carries, in bytes
 * @param address returns host and port of this node's web server, or {@code null} while
 * they are not known; must not block
 */
public record ClusterSettings(Duration heartbeatInterval, Duration nodeTimeout, Duration requestTimeout,
		int maxMessageSize, Supplier<@Nullable String> address) {

	public ClusterSettings {
		Objects.requireNonNull(requestTimeout, "'requestTimeout' must not be null");
		Objects.requireNonNull(address, "'address' must not be null");
		if (nodeTimeout.compareTo(heartbeatInterval.multipliedBy(3)) < 0) {
			throw new IllegalArgumentException("'nodeTimeout' must be at least three times 'heartbeatInterval'");
		}
	}

}
