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

import java.util.List;

/**
 * All nodes together: which there are, and what they do for each other. Works with every
 * relay; without a broker this node is alone. For use by any thread; nothing here blocks.
 */
public interface Cluster {

	/**
	 * Return the nodes that this node knows to be there: itself first, the others by
	 * name. A node that dies is among them until nothing has been heard of it for
	 * {@code atmosphere.cluster.node-timeout}; while the broker is away, all that were
	 * there before are.
	 * @return the nodes, a snapshot
	 */
	List<ClusterNode> nodes();

	/**
	 * Return this node.
	 * @return how it describes itself at this moment
	 */
	ClusterNode self();

	/**
	 * Return whether this node cannot tell at the moment who is there, because it does
	 * not hear its own messages through the broker. Meanwhile {@link #nodes()} stays as
	 * it was.
	 * @return whether membership is frozen
	 */
	boolean isFrozen();

}
