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

import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/**
 * Receives what clients of this node's sessions have sent to other nodes.
 */
public interface ClientCommandReceiver {

	/**
	 * Return what this receives.
	 * @return the kind, which no other receiver of the node has
	 */
	Kind kind();

	/**
	 * Receive what a client has sent. Must not block.
	 * @param body what the client has sent, as the other node's door has encoded it
	 * @return the answer for that door
	 */
	byte[] received(byte[] body);

	/**
	 * Note that another node has gone: nothing comes from it any more. Must not block.
	 * @param node the id of the node
	 */
	default void left(UUID node) {
	}

	/**
	 * Create a receiver.
	 * @param kind what it receives
	 * @param function receives it; must not block
	 * @return the receiver
	 */
	static ClientCommandReceiver of(Kind kind, UnaryOperator<byte[]> function) {
		return of(kind, function, (node) -> {
		});
	}

	/**
	 * Create a receiver that also learns which nodes have left the cluster.
	 * @param kind what it receives
	 * @param function receives it; must not block
	 * @param left called with the ids of nodes that have gone; must not block
	 * @return the receiver
	 */
	static ClientCommandReceiver of(Kind kind, UnaryOperator<byte[]> function, Consumer<UUID> left) {
		return new ClientCommandReceiver() {

			@Override
			public Kind kind() {
				return kind;
			}

			@Override
			public byte[] received(byte[] body) {
				return function.apply(body);
			}

			@Override
			public void left(UUID node) {
				left.accept(node);
			}

		};
	}

	/**
	 * What doors carry to other nodes. The ordinals are part of the wire format.
	 */
	enum Kind {

		/** The commands of a client that receives by an HTTP stream. */
		COMMANDS,

		/** A client's request for the messages of its session. */
		POLL,

		/** The answer to such a request, for the node that has received it. */
		POLL_ANSWER

	}

}
