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

package io.github.atmosphererelay.stream.internal;

import io.github.atmosphererelay.broadcast.internal.DefaultBroadcaster;
import io.github.atmosphererelay.delivery.internal.ChannelTaps;
import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.node.internal.SourceDelivery;
import io.github.atmosphererelay.session.internal.NodeIdentity;
import io.github.atmosphererelay.subscription.internal.Interest;

/**
 * What streams use of a node.
 *
 * @param identity the node's identity
 * @param broadcaster publishes to other processes
 * @param interest listens to channels on the relay
 * @param taps brings what is published in them
 * @param sources delivers to the node's sessions
 * @param guard keeps timers and threads alive
 */
public record StreamNode(NodeIdentity identity, DefaultBroadcaster broadcaster, Interest interest, ChannelTaps taps,
		SourceDelivery sources, Guard guard) {

}
