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

import java.nio.ByteBuffer;
import java.util.UUID;

import io.github.atmosphererelay.cluster.internal.ClusterMessenger.Receiver;
import io.github.atmosphererelay.relay.internal.RelayState;

/**
 * Forwards presence messages of other nodes to this node's presence.
 */
record PresenceMessages(ClusterLink.Listener presence) implements Receiver {

	@Override
	public void received(UUID origin, ByteBuffer in) {
		this.presence.received(origin, in);
	}

	@Override
	public void relayStateChanged(RelayState state) {
		this.presence.relayStateChanged(state);
	}

}
