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

import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

import com.github.f4b6a3.uuid.UuidCreator;
import io.github.atmosphererelay.message.Audience;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.relay.ClusterRelay;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.relay.internal.RelayState;
import org.jspecify.annotations.Nullable;

/**
 * Sends and receives control messages between nodes. They use the addresses that a node
 * always follows: its own, and the control address. No method blocks.
 */
public final class ControlMessenger {

	private final UUID node;

	private final ClusterRelay relay;

	private final Supplier<@Nullable ControlListener> source;

	private volatile @Nullable ControlListener listener;

	/**
	 * Create a messenger.
	 * @param node this node's id
	 * @param relay transports the messages
	 * @param listener supplies the listener. It is called when the node starts, because
	 * the listener needs this messenger itself
	 */
	ControlMessenger(UUID node, ClusterRelay relay, Supplier<@Nullable ControlListener> listener) {
		this.node = node;
		this.relay = relay;
		this.source = listener;
	}

	/**
	 * Look up the listener. No message has come before.
	 */
	void start() {
		this.listener = this.source.get();
	}

	/**
	 * Send a message to all other nodes.
	 * @param payload the message
	 * @return completes with the relay's receipt; fails as the relay does
	 */
	public CompletableFuture<Receipt> sendToAll(Payload payload) {
		return this.relay.publish(envelope(new Audience.Everyone(null), payload));
	}

	/**
	 * Send a message to all other nodes that may arrive a second or two later.
	 * @param payload the message
	 * @return completes with the relay's receipt; fails as the relay does
	 */
	public CompletableFuture<Receipt> sendToAllWithoutHurry(Payload payload) {
		return this.relay.publishWithoutHurry(envelope(new Audience.Everyone(null), payload));
	}

	/**
	 * Send a message to one other node.
	 * @param node the node's id
	 * @param payload the message
	 * @return completes with the relay's receipt, which does not mean that the node
	 * exists; fails as the relay does
	 */
	public CompletableFuture<Receipt> sendTo(UUID node, Payload payload) {
		return this.relay.publish(envelope(new Audience.Node(node), payload));
	}

	private Envelope envelope(Audience audience, Payload payload) {
		return new Envelope(UuidCreator.getTimeOrderedEpochFast(), this.node, Envelope.Kind.CONTROL,
				System.currentTimeMillis(), audience, Map.of(), payload, null, null);
	}

	void received(Envelope envelope) {
		ControlListener listener = this.listener;
		if (listener != null) {
			listener.received(envelope.origin(), envelope.payload());
		}
	}

	void echoed(Envelope envelope) {
		ControlListener listener = this.listener;
		if (listener != null) {
			listener.echoed(envelope.payload());
		}
	}

	void relayStateChanged(RelayState state) {
		ControlListener listener = this.listener;
		if (listener != null) {
			listener.relayStateChanged(state);
		}
	}

}
