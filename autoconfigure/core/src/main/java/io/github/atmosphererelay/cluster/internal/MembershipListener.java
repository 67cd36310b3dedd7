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

import java.util.UUID;

import io.github.atmosphererelay.cluster.NodeJoined;
import io.github.atmosphererelay.cluster.NodeLeft;

/**
 * Receives joins and leaves of other nodes. Called by one thread at a time, in order:
 * each node joins before it leaves, and leaves before it joins again. Must not block.
 * <p>
 * An id joins again if this node removed the other node during a long outage of the
 * connection between them, or if the other application was stopped and started without a
 * new application context. Forget everything that such a node knew or sent before. The
 * node itself does not learn through this listener that others have removed it.
 * <p>
 * For the packages of this library; applications use the events {@link NodeJoined} and
 * {@link NodeLeft}.
 */
public interface MembershipListener {

	/**
	 * Another node has joined, perhaps again.
	 * @param node the node's id
	 */
	void joined(UUID node);

	/**
	 * Another node has left: it has announced that it stops, it has restarted, or nothing
	 * was heard from it for {@code atmosphere.cluster.node-timeout}.
	 * @param node the node's id
	 */
	void left(UUID node);

}
