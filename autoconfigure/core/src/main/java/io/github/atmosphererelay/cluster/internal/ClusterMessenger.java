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
 * Brings what other nodes say to those who understand it. A message is one byte for its
 * subject and then what that subject makes of it. A subject that this node does not know,
 * because it is of a later release, is counted and skipped, and so is a message that
 * cannot be read.
 */
final class ClusterMessenger implements ControlListener {

	private static final Log logger = LogFactory.getLog(ClusterMessenger.class);

	private final Map<Byte, Receiver> receivers;

	private final LongAdder rejected = new LongAdder();

	/**
	 * Create messages.
	 * @param receivers who understands which subject
	 */
	ClusterMessenger(Map<Subject, Receiver> receivers) {
		Map<Byte, Receiver> byCode = new HashMap<>();
		receivers.forEach((subject, receiver) -> byCode.put(subject.code(), receiver));
		this.receivers = Map.copyOf(byCode);
	}

	/**
	 * Make a message.
	 * @param subject what it is about
	 * @param body what to say
	 */
	static Payload payload(Subject subject, byte[] body) {
		return Payload.binary(ByteBuffer.allocate(1 + body.length).put(subject.code()).put(body).array());
	}

	/**
	 * Return how many messages of other nodes could not be read.
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
			logger.debug("A message of node " + origin + " could not be read", ex);
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
	 * Understands a subject. Called by the relay's receive thread; must not block.
	 */
	@FunctionalInterface
	interface Receiver {

		/**
		 * Another node has said something.
		 * @param origin the id of the node that has sent it
		 * @param in what follows the first byte
		 * @throws RuntimeException if it cannot be read, which is then counted
		 */
		void received(UUID origin, ByteBuffer in);

		/**
		 * What this node has said to all has come back.
		 * @param in what follows the first byte
		 */
		default void echoed(ByteBuffer in) {
		}

		/**
		 * The measured state of the relay has changed.
		 * @param state the new state
		 */
		default void relayStateChanged(RelayState state) {
		}

	}

	/**
	 * What a message between nodes is about.
	 */
	enum Subject {

		/**
		 * Which nodes there are.
		 */
		MEMBERSHIP(1),

		/**
		 * What a node asks others to do, and their answers.
		 */
		COMMAND(2),

		/**
		 * Who is in which channel.
		 */
		PRESENCE(3),

		/**
		 * In which parts of the outbox something waits.
		 */
		OUTBOX(4);

		private final byte code;

		Subject(int code) {
			this.code = (byte) code;
		}

		byte code() {
			return this.code;
		}

	}

}
