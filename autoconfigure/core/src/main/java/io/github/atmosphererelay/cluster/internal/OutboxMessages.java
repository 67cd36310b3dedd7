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
import java.util.function.BiConsumer;
import java.util.function.Supplier;

import io.github.atmosphererelay.cluster.internal.ClusterMessenger.Receiver;
import org.jspecify.annotations.Nullable;

/**
 * Forwards messages of other nodes' outboxes to this node's outbox, if there is one. The
 * outbox itself needs the cluster, so it is asked for when the cluster starts.
 */
final class OutboxMessages implements Receiver {

	private final Supplier<@Nullable BiConsumer<UUID, ByteBuffer>> source;

	/** {@code null} before the start, and on a node without an outbox. */
	private volatile @Nullable BiConsumer<UUID, ByteBuffer> outbox;

	OutboxMessages(Supplier<@Nullable BiConsumer<UUID, ByteBuffer>> source) {
		this.source = source;
	}

	void start() {
		this.outbox = this.source.get();
	}

	/**
	 * Without an outbox, what others commit does not concern this node.
	 */
	@Override
	public void received(UUID origin, ByteBuffer in) {
		BiConsumer<UUID, ByteBuffer> outbox = this.outbox;
		if (outbox != null) {
			outbox.accept(origin, in);
		}
	}

}
