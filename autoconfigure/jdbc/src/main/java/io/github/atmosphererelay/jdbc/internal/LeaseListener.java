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

package io.github.atmosphererelay.jdbc.internal;

/**
 * Is told which leases this node holds, and says whether it can use them. Called on the
 * thread of {@link Leases}; must not block.
 */
public interface LeaseListener {

	/**
	 * This node has taken a lease, and holds it until {@link Leases#holds} says
	 * otherwise.
	 * @param lease the lease's name
	 */
	void gained(String lease);

	/**
	 * This node no longer holds a lease. Comes later than {@link Leases#holds} turns
	 * false.
	 * @param lease the lease's name
	 */
	default void lost(String lease) {
	}

	/**
	 * Return whether this node can do what the leases are for. While it cannot, it takes
	 * none, and leaves them to other nodes.
	 * @return whether it may take leases
	 */
	default boolean mayTake() {
		return true;
	}

	/**
	 * Return whether those that work under the leases still make progress. While they do
	 * not, leases are not renewed, so that another node takes them over.
	 * @return whether leases may be renewed
	 */
	default boolean isAtWork() {
		return true;
	}

}
