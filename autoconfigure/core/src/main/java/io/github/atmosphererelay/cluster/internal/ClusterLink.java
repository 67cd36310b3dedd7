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

import io.github.atmosphererelay.cluster.NodeRouting;
import io.github.atmosphererelay.cluster.internal.ClusterMessenger.Subject;
import io.github.atmosphererelay.node.internal.ControlMessenger;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.relay.internal.RelayState;

/**
 * Sends messages from one part of this node, such as presence, to the same part of other
 * nodes. For the packages of this library, not for applications. For any thread; does not
 * block.
 */
public final class ClusterLink {

	private final ControlMessenger control;

	private final Subject subject;

	ClusterLink(ControlMessenger control, Subject subject) {
		this.control = control;
		this.subject = subject;
	}

	/**
	 * Return the link between the presence of this node and that of the other nodes.
	 * @param control sends and receives control messages
	 * @return the link
	 */
	public static ClusterLink ofPresence(ControlMessenger control) {
		return new ClusterLink(control, Subject.PRESENCE);
	}

	/**
	 * Create a link from this node's outbox to those of other nodes.
	 * @param control carries messages between nodes
	 * @return the link
	 */
	public static ClusterLink ofOutbox(ControlMessenger control) {
		return new ClusterLink(control, Subject.OUTBOX);
	}

	/**
	 * Create a link from this node's routing to the routing of other nodes.
	 * @param control carries messages between nodes
	 * @return the link
	 */
	public static ClusterLink ofRouting(ControlMessenger control) {
		return new ClusterLink(control, Subject.ROUTING);
	}

	/**
	 * Create a link from this node's STOMP sessions to the other nodes' ones.
	 * @param control carries messages between nodes
	 * @return the link
	 */
	public static ClusterLink ofStomp(ControlMessenger control) {
		return new ClusterLink(control, Subject.STOMP);
	}

	/**
	 * Send a message to all other nodes.
	 * @param body the message
	 * @return completes with the relay's receipt; fails as the relay does
	 */
	public CompletableFuture<Receipt> sendToAll(byte[] body) {
		return this.control.sendToAll(ClusterMessenger.payload(this.subject, body));
	}

	/**
	 * Send a message to all other nodes that may arrive a second or two later.
	 * @param body the message
	 * @return completes with the relay's receipt; fails as the relay does
	 */
	public CompletableFuture<Receipt> sendToAllWithoutHurry(byte[] body) {
		return this.control.sendToAllWithoutHurry(ClusterMessenger.payload(this.subject, body));
	}

	/**
	 * Send a message to one other node.
	 * @param node the node's id
	 * @param body the message
	 * @return completes with the relay's receipt; fails as the relay does
	 */
	public CompletableFuture<Receipt> sendTo(UUID node, byte[] body) {
		return this.control.sendTo(node, ClusterMessenger.payload(this.subject, body));
	}

	/**
	 * Receives messages and requests of other nodes for this node's routing. For the
	 * packages of this library, like the link. Must not block.
	 */
	public interface RoutingReceiver {

		/**
		 * Return what this node says about its share of the users.
		 * @return its weight and address
		 */
		NodeRouting describe();

		/**
		 * Receive a message of another node. Called by the relay's receive thread.
		 * @param origin the id of the sending node
		 * @param body the message
		 * @throws RuntimeException if the message cannot be decoded; it is then counted
		 * and skipped
		 */
		void received(UUID origin, ByteBuffer body);

		/**
		 * Receive a message that this node itself has sent to all nodes and that the
		 * broker has returned. Called by the relay's receive thread.
		 * @param body the message
		 */
		void echoed(ByteBuffer body);

		/**
		 * Answer a request that {@link DefaultCluster#askRouting} of a node has sent.
		 * @param asker the node that asks
		 * @param body the request
		 * @return the answer
		 */
		byte[] answer(UUID asker, byte[] body);

	}

	/**
	 * Receives joins and leaves of other nodes, their messages, and the state of the
	 * relay. For the packages of this library, like the link. Must not block.
	 */
	public interface Listener extends MembershipListener {

		/**
		 * Receive a message of another node. Called by the relay's receive thread. A
		 * message may come twice, and may come from a node that has not joined.
		 * @param origin the id of the sending node
		 * @param body the message
		 * @throws RuntimeException if the message cannot be decoded; it is then counted
		 * and skipped
		 */
		void received(UUID origin, ByteBuffer body);

		/**
		 * Note that the measured state of the relay has changed.
		 * @param state the new state
		 */
		void relayStateChanged(RelayState state);

	}

}
