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
import java.util.concurrent.CompletableFuture;

import io.github.atmosphererelay.cluster.internal.ClusterMessenger.Subject;
import io.github.atmosphererelay.node.internal.ControlMessenger;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.relay.internal.RelayState;

/**
 * The way from one part of this node to the same part of the other nodes. It is for the
 * packages of this library that build on this one, not for applications. May be used by
 * any thread, and does not block.
 */
public final class ClusterLink {

	private final ControlMessenger control;

	private final Subject subject;

	ClusterLink(ControlMessenger control, Subject subject) {
		this.control = control;
		this.subject = subject;
	}

	/**
	 * Return the way from this node's presence to that of the other nodes.
	 * @param control carries what nodes say to each other
	 * @return the link
	 */
	public static ClusterLink ofPresence(ControlMessenger control) {
		return new ClusterLink(control, Subject.PRESENCE);
	}

	/**
	 * Return the way from this node's outbox to that of the other nodes.
	 * @param control carries what nodes say to each other
	 * @return the link
	 */
	public static ClusterLink ofOutbox(ControlMessenger control) {
		return new ClusterLink(control, Subject.OUTBOX);
	}

	/**
	 * Say something to all other nodes.
	 * @param body what to say
	 * @return completes with the relay's receipt; fails as the relay does
	 */
	public CompletableFuture<Receipt> sendToAll(byte[] body) {
		return this.control.sendToAll(ClusterMessenger.payload(this.subject, body));
	}

	/**
	 * Say something to all other nodes that they may hear a second or two later.
	 * @param body what to say
	 * @return completes with the relay's receipt; fails as the relay does
	 */
	CompletableFuture<Receipt> sendToAllWithoutHurry(byte[] body) {
		return this.control.sendToAllWithoutHurry(ClusterMessenger.payload(this.subject, body));
	}

	/**
	 * Say something to one other node.
	 * @param node the node's id
	 * @param body what to say
	 * @return completes with the relay's receipt; fails as the relay does
	 */
	public CompletableFuture<Receipt> sendTo(UUID node, byte[] body) {
		return this.control.sendTo(node, ClusterMessenger.payload(this.subject, body));
	}

	/**
	 * Hears which other nodes there are, what they say, and how the way to them is. It is
	 * for the packages of this library, like the link. Must not block.
	 */
	public interface Listener extends MembershipListener {

		/**
		 * Another node has said something. Called by the relay's receive thread. One
		 * message may come twice, and one of a node that has not joined may come, too.
		 * @param origin the id of the node that has sent it
		 * @param body what it says
		 * @throws RuntimeException if it cannot be read, which is then counted
		 */
		void received(UUID origin, ByteBuffer body);

		/**
		 * The measured state of the relay has changed.
		 * @param state the new state
		 */
		void relayStateChanged(RelayState state);

	}

}
