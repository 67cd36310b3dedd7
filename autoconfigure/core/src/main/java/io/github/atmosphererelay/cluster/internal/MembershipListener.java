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
 * Hears which other nodes there are. Called by one thread at a time, in order: each node
 * joins before it leaves, and leaves before it joins again. Must not block.
 * <p>
 * An id joins again when its node was cut off for so long that this one took it for dead,
 * or when its application was stopped and started without a new context. Nobody may rely
 * on what such a node knew or sent before; that others have taken it for dead is not told
 * to the node itself.
 * <p>
 * This is for the packages of this library; applications have the events
 * {@link NodeJoined} and {@link NodeLeft}.
 */
public interface MembershipListener {

	/**
	 * Another node is there, or is there again.
	 * @param node the node's id
	 */
	void joined(UUID node);

	/**
	 * Another node has gone: it has said so, or nothing has been heard of it for too
	 * long.
	 * @param node the node's id
	 */
	void left(UUID node);

}
