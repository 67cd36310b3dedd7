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

package io.github.atmosphererelay.actuate.internal;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.actuate.endpoint.InvalidEndpointRequestException;

/**
 * The endpoint's operations on the ring. An interface without types of routing, whose
 * module may be absent.
 */
public interface RoutingOperations {

	/**
	 * Describe the ring, its members and who is outside. Blocks until the other nodes
	 * have answered.
	 * @return the description
	 */
	Object describe();

	/**
	 * List who belongs where, by session. Blocks until the other nodes have answered.
	 * @param user lists only sessions of this user, or {@code null} for all
	 * @param after the end of the previous page, or {@code null} for the first page
	 * @param size the size of a page
	 * @return the page
	 */
	Object users(@Nullable String user, @Nullable String after, int size);

	/**
	 * Tell whom a change would move, without moving anybody. Blocks until the other nodes
	 * have answered.
	 * @param change the change
	 * @return what would happen
	 * @throws InvalidEndpointRequestException if the change is not possible
	 */
	Object preview(Change change);

	/**
	 * A change of the ring: exactly one of the three names is present.
	 *
	 * @param add the name of a node that joins
	 * @param remove the name of a member that leaves
	 * @param change the name of a member that gets another weight
	 * @param weight the weight of the node that joins, 1 without it, or the new weight
	 */
	record Change(@Nullable String add, @Nullable String remove, @Nullable String change, @Nullable Integer weight) {
	}

}
