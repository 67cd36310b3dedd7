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

package io.github.atmosphererelay.stomp.internal;

import java.util.UUID;

import io.github.atmosphererelay.delivery.internal.BucketReceivers;
import io.github.atmosphererelay.guard.internal.Timers;
import io.github.atmosphererelay.relay.ClusterRelay;
import io.github.atmosphererelay.relay.internal.RelayMonitor;
import io.github.atmosphererelay.subscription.internal.Interest;

/**
 * What {@link StompRelay} uses of its node.
 *
 * @param node the node's id
 * @param relay carries messages between nodes
 * @param monitor knows whether the relay is up
 * @param interest follows addresses at the relay
 * @param buckets pass on the messages of other nodes
 * @param timers run short tasks
 * @param users exchanges users with the other nodes
 */
public record StompParts(UUID node, ClusterRelay relay, RelayMonitor monitor, Interest interest,
		BucketReceivers buckets, Timers timers, StompUsers users) {
}
