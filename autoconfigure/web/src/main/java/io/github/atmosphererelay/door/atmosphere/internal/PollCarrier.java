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

package io.github.atmosphererelay.door.atmosphere.internal;

import java.util.UUID;
import java.util.concurrent.CompletableFuture;

import io.github.atmosphererelay.cluster.internal.ClientCommandReceiver.Kind;
import org.jspecify.annotations.Nullable;

/**
 * Carries requests for messages and their answers to other nodes.
 */
@FunctionalInterface
public interface PollCarrier {

	/**
	 * Carry something to another node. Does not block.
	 * @param node the id of a node, perhaps as a client has sent it
	 * @param kind what is carried
	 * @param body what is carried
	 * @return completes with the node's answer, or with {@code null} if the node is not
	 * in the cluster; fails if it does not answer in time
	 */
	CompletableFuture<byte @Nullable []> carry(UUID node, Kind kind, byte[] body);

}
