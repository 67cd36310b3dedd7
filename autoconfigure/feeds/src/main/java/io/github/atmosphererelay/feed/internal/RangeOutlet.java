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

package io.github.atmosphererelay.feed.internal;

import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

import io.github.atmosphererelay.feed.ForwardedRange;
import org.jspecify.annotations.Nullable;

/**
 * Brings ranges to the nodes that they are for, of which one may be this.
 */
@FunctionalInterface
interface RangeOutlet {

	/**
	 * Send ranges to a node. Does not block.
	 * @param node the node's id
	 * @param ranges the ranges, in their order
	 * @return completes when the node has them; fails if it is not known whether it has
	 */
	CompletableFuture<@Nullable Void> send(UUID node, List<ForwardedRange> ranges);

}
