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

package io.github.atmosphererelay.node.internal;

import java.util.UUID;

import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.relay.internal.RelayState;

/**
 * Receives control messages from other nodes, and changes of the relay's state.
 */
public interface ControlListener {

	/**
	 * Another node has sent a control message to this node or to all nodes. Called by the
	 * relay's receive thread; must not block. Messages of one node to one address come in
	 * the order in which they were sent. A message may come twice.
	 * @param origin the id of the node that has sent it
	 * @param payload the message
	 */
	void received(UUID origin, Payload payload);

	/**
	 * A control message of this node to all nodes has come back. Called by the relay's
	 * receive thread; must not block.
	 * @param payload the message
	 */
	default void echoed(Payload payload) {
	}

	/**
	 * The measured state of the relay has changed. Must not block.
	 * @param state the new state
	 */
	void relayStateChanged(RelayState state);

}
