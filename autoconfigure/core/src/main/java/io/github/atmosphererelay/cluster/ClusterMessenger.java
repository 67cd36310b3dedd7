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

package io.github.atmosphererelay.cluster;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.node.ControlListener;
import io.github.atmosphererelay.node.ControlMessenger;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.relay.RelayState;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

/**
 * Brings what nodes say to each other to those who understand it. A message is one byte
 * for its subject and then what that subject makes of it. A subject that this node does
 * not know, because it is of a later release, is counted and skipped, and so is a message
 * that cannot be read.
 */
final class ClusterMessenger implements ControlListener {

	private static final Log logger = LogFactory.getLog(ClusterMessenger.class);

	private final ControlMessenger control;

	private final Map<Byte, BiConsumer<UUID, ByteBuffer>> subjects = new ConcurrentHashMap<>();

	private final Map<Byte, Consumer<ByteBuffer>> echoReceivers = new ConcurrentHashMap<>();

	private final List<Consumer<RelayState>> relayListeners = new CopyOnWriteArrayList<>();

	private final LongAdder rejected = new LongAdder();

	ClusterMessenger(ControlMessenger control) {
		this.control = control;
		control.listen(this);
	}

	/**
	 * Understand a subject. Called before the node starts.
	 * @param subject the first byte of its messages
	 * @param receiver receives the origin's id and what follows the first byte, on the
	 * relay's receive thread, which it must not block; throws a {@code RuntimeException}
	 * at a message that cannot be read
	 */
	void on(Subject subject, BiConsumer<UUID, ByteBuffer> receiver) {
		this.subjects.put(subject.code(), receiver);
	}

	/**
	 * Hear of this node's own messages of a subject to all nodes, when they come back.
	 * Called before the node starts.
	 * @param subject the first byte of its messages
	 * @param receiver receives what follows the first byte, on the relay's receive
	 * thread, which it must not block
	 */
	void onEcho(Subject subject, Consumer<ByteBuffer> receiver) {
		this.echoReceivers.put(subject.code(), receiver);
	}

	/**
	 * Hear of changes of the relay's measured state. Called before the node starts.
	 * @param listener receives the states; must not block
	 */
	void onRelayState(Consumer<RelayState> listener) {
		this.relayListeners.add(listener);
	}

	/**
	 * Say something to all other nodes.
	 * @param subject what it is about
	 * @param body what to say
	 * @return completes with the relay's receipt; fails as the relay does
	 */
	CompletableFuture<Receipt> sendToAll(Subject subject, byte[] body) {
		return this.control.sendToAll(payload(subject, body));
	}

	/**
	 * Say something to one other node.
	 * @param node the node's id
	 * @param subject what it is about
	 * @param body what to say
	 * @return completes with the relay's receipt; fails as the relay does
	 */
	CompletableFuture<Receipt> sendTo(UUID node, Subject subject, byte[] body) {
		return this.control.sendTo(node, payload(subject, body));
	}

	private static Payload payload(Subject subject, byte[] body) {
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
		BiConsumer<UUID, ByteBuffer> receiver = in.hasRemaining() ? this.subjects.get(in.get()) : null;
		if (receiver == null) {
			this.rejected.increment();
			return;
		}
		try {
			receiver.accept(origin, in);
		}
		catch (RuntimeException ex) {
			this.rejected.increment();
			logger.debug("A message of node " + origin + " could not be read", ex);
		}
	}

	@Override
	public void echoed(Payload payload) {
		ByteBuffer in = ByteBuffer.wrap(payload.bytes()).asReadOnlyBuffer();
		Consumer<ByteBuffer> receiver = in.hasRemaining() ? this.echoReceivers.get(in.get()) : null;
		if (receiver != null) {
			receiver.accept(in);
		}
	}

	@Override
	public void relayStateChanged(RelayState state) {
		this.relayListeners.forEach((listener) -> listener.accept(state));
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
		PRESENCE(3);

		private final byte code;

		Subject(int code) {
			this.code = (byte) code;
		}

		byte code() {
			return this.code;
		}

	}

}
