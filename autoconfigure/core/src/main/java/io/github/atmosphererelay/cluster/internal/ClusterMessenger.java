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
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.LongAdder;

import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.node.internal.ControlListener;
import io.github.atmosphererelay.relay.internal.RelayState;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Passes control messages of other nodes to their receivers. A message consists of one
 * byte for its subject and a body in the format of the subject. A message is counted and
 * skipped if its subject is unknown, because a later release has sent it, or if it cannot
 * be decoded.
 */
final class ClusterMessenger implements ControlListener {

	private static final Log logger = LogFactory.getLog(ClusterMessenger.class);

	private final Map<Byte, Receiver> receivers;

	private final LongAdder rejected = new LongAdder();

	/**
	 * Create a messenger.
	 * @param receivers the receiver of each subject
	 */
	ClusterMessenger(Map<Subject, Receiver> receivers) {
		Map<Byte, Receiver> byCode = new HashMap<>();
		receivers.forEach((subject, receiver) -> byCode.put(subject.code(), receiver));
		this.receivers = Map.copyOf(byCode);
	}

	/**
	 * Create a message.
	 * @param subject the subject
	 * @param body the body
	 */
	static Payload payload(Subject subject, byte[] body) {
		return Payload.binary(ByteBuffer.allocate(1 + body.length).put(subject.code()).put(body).array());
	}

	/**
	 * Return how many messages of other nodes were skipped.
	 */
	long rejected() {
		return this.rejected.sum();
	}

	@Override
	public void received(UUID origin, Payload payload) {
		ByteBuffer in = ByteBuffer.wrap(payload.bytes()).asReadOnlyBuffer();
		Receiver receiver = receiver(in);
		if (receiver == null) {
			this.rejected.increment();
			return;
		}
		try {
			receiver.received(origin, in);
		}
		catch (RuntimeException ex) {
			this.rejected.increment();
			logger.debug("A control message of node " + origin + " could not be decoded and was skipped", ex);
		}
	}

	private @Nullable Receiver receiver(ByteBuffer in) {
		return in.hasRemaining() ? this.receivers.get(in.get()) : null;
	}

	@Override
	public void echoed(Payload payload) {
		ByteBuffer in = ByteBuffer.wrap(payload.bytes()).asReadOnlyBuffer();
		Receiver receiver = receiver(in);
		if (receiver != null) {
			receiver.echoed(in);
		}
	}

	@Override
	public void relayStateChanged(RelayState state) {
		this.receivers.values().forEach((receiver) -> receiver.relayStateChanged(state));
	}

	/**
	 * Receives messages of one subject. Called by the relay's receive thread; must not
	 * block.
	 */
	@FunctionalInterface
	interface Receiver {

		/**
		 * Receive a message of another node.
		 * @param origin the id of the sending node
		 * @param in the body of the message
		 * @throws RuntimeException if the message cannot be decoded; it is then counted
		 * and skipped
		 */
		void received(UUID origin, ByteBuffer in);

		/**
		 * Receive a message that this node itself has sent to all nodes and that the
		 * broker has returned.
		 * @param in the body of the message
		 */
		default void echoed(ByteBuffer in) {
		}

		/**
		 * Note that the measured state of the relay has changed.
		 * @param state the new state
		 */
		default void relayStateChanged(RelayState state) {
		}

	}

	/**
	 * The subject of a control message: the part of the node that sends and receives it.
	 */
	enum Subject {

		/**
		 * Membership: which nodes are alive.
		 */
		MEMBERSHIP(1),

		/**
		 * Requests to other nodes and their answers.
		 */
		COMMAND(2),

		/**
		 * Presence: the members of channels.
		 */
		PRESENCE(3),

		/**
		 * In which parts of the outbox something waits.
		 */
		OUTBOX(4),

		/**
		 * The ring of nodes that serve users.
		 */
		ROUTING(5),

		/**
		 * The STOMP sessions of users, and their subscriptions.
		 */
		STOMP(6);

		private final byte code;

		Subject(int code) {
			this.code = (byte) code;
		}

		byte code() {
			return this.code;
		}

	}

}
