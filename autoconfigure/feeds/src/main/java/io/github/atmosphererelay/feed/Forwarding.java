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

package io.github.atmosphererelay.feed;

import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

import org.jspecify.annotations.Nullable;

/**
 * Brings records from redistributors to the nodes that want them. One object serves all
 * feeds of a process, for both roles.
 * <p>
 * Threads: {@link #send} is called by the redistributor's threads and must not block. The
 * receiver is called by one thread at a time for each sending redistributor.
 * <p>
 * Bounds: an implementation keeps at most {@link #maxInFlight()} bytes for each receiving
 * node. A node that is slow or gone must not delay what is sent to the others.
 * <p>
 * Errors: the future of {@link #send} fails, and the ranges may or may not arrive. The
 * redistributor counts that, and goes on: the node finds the hole by the next range, and
 * reads the topic itself. It is never necessary to send a range again, and harmless to do
 * so.
 */
public interface Forwarding {

	/**
	 * Return the short name, such as {@code kafka} or {@code http}, for meters and the
	 * actuator endpoint.
	 * @return the name
	 */
	String name();

	/**
	 * Begin to receive, as a node with subscribers.
	 * @param node the id of this node
	 * @param receiver gets what is sent to this node
	 * @return completes when everything that is sent to this node from now on arrives.
	 * The node publishes its interest after that
	 */
	CompletableFuture<@Nullable Void> receive(UUID node, Receiver receiver);

	/**
	 * Send ranges to a node, in this order. Ranges of one partition that are sent one
	 * after the other arrive in that order, as long as no future fails.
	 * @param node the receiving node's id; another one than this
	 * @param ranges the ranges, of one or more partitions and feeds
	 * @return completes when the node has the ranges, or the broker has them for it.
	 * Fails at once with {@link ForwardingOverloadedException} if too much waits for this
	 * node
	 */
	CompletableFuture<@Nullable Void> send(UUID node, List<ForwardedRange> ranges);

	/**
	 * Release what is kept for a node, because it has left the cluster.
	 * @param node the node's id
	 */
	void forget(UUID node);

	/**
	 * Return how much may wait for one node.
	 * @return the maximum number of bytes of payloads
	 */
	long maxInFlight();

	/**
	 * Stop. Open futures fail, and after this has returned the receiver is not called any
	 * more. May block for up to two seconds.
	 */
	void stop();

	/**
	 * Gets what is sent to this node.
	 */
	@FunctionalInterface
	interface Receiver {

		/**
		 * Ranges have arrived. Must not block; an exception is the receiver's fault and
		 * must not end the forwarding.
		 * @param ranges the ranges, in the order in which they were sent
		 */
		void received(List<ForwardedRange> ranges);

	}

}
