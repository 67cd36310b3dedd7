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
import java.util.function.Supplier;

import io.github.atmosphererelay.cluster.NodeRouting;
import io.github.atmosphererelay.cluster.internal.ClusterMessenger.Receiver;
import io.github.atmosphererelay.message.internal.WireReader;
import org.jspecify.annotations.Nullable;

/**
 * Forwards routing messages and requests to this node's routing, if there is one. Routing
 * itself needs the cluster, so it is asked for when the cluster starts.
 */
final class RoutingMessages implements Receiver {

	private final Supplier<ClusterLink.@Nullable RoutingReceiver> source;

	/** {@code null} before the start, and on a node that takes no part in routing. */
	private volatile ClusterLink.@Nullable RoutingReceiver routing;

	RoutingMessages(Supplier<ClusterLink.@Nullable RoutingReceiver> source) {
		this.source = source;
	}

	void start() {
		this.routing = this.source.get();
	}

	@Override
	public void received(UUID origin, ByteBuffer in) {
		ClusterLink.RoutingReceiver routing = this.routing;
		if (routing != null) {
			routing.received(origin, in);
		}
	}

	@Override
	public void echoed(ByteBuffer in) {
		ClusterLink.RoutingReceiver routing = this.routing;
		if (routing != null) {
			routing.echoed(in);
		}
	}

	/**
	 * Answer a request of another node.
	 * @throws IllegalStateException if this node takes no part in routing
	 */
	byte[] answer(UUID asker, WireReader in) {
		ClusterLink.RoutingReceiver routing = this.routing;
		if (routing == null) {
			throw new IllegalStateException("the node takes no part in routing");
		}
		return routing.answer(asker, in.read(in.remaining()));
	}

	/**
	 * Return what other nodes need to know of this node's part in routing.
	 * @return {@code null} if it takes no part
	 */
	@Nullable NodeRouting describe() {
		ClusterLink.RoutingReceiver routing = this.routing;
		return (routing != null) ? routing.describe() : null;
	}

}
