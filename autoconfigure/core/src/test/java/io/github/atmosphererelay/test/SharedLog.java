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

package io.github.atmosphererelay.test;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.relay.ChannelLog;
import io.github.atmosphererelay.relay.ClusterRelay;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import io.github.atmosphererelay.relay.local.internal.LocalRelay;
import org.jspecify.annotations.Nullable;

/**
 * Relays of several nodes within one process, with logs that they share.
 */
public final class SharedLog {

	private final LocalRelay log = new LocalRelay();

	private final List<NodeRelay> relays = new CopyOnWriteArrayList<>();

	public SharedLog() {
		this.log.start(new AppendedListener(
				(envelope, position) -> this.relays.forEach((relay) -> relay.deliver(envelope, position))));
	}

	/**
	 * Return a relay for one more node.
	 */
	public ClusterRelay relay() {
		NodeRelay relay = new NodeRelay();
		this.relays.add(relay);
		return relay;
	}

	/**
	 * A node's relay. It has a thread of its own, as relays have that talk to a broker.
	 */
	private final class NodeRelay extends FollowingRelay {

		private final ThreadPoolExecutor receiver = new ThreadPoolExecutor(1, 1, 1, TimeUnit.SECONDS,
				new LinkedBlockingQueue<>(), (task) -> {
					Thread thread = new Thread(task, "shared-log-receiver");
					thread.setDaemon(true);
					return thread;
				});

		private NodeRelay() {
			super("shared");
			this.receiver.allowCoreThreadTimeOut(true);
		}

		void deliver(Envelope envelope, @Nullable Position position) {
			this.receiver.execute(() -> handOver(envelope, position));
		}

		@Override
		public CompletableFuture<Receipt> publish(Envelope envelope) {
			return isStarted() ? SharedLog.this.log.publish(envelope).thenApply(FollowingRelay::relayed)
					: CompletableFuture.failedFuture(new RelayUnavailableException(name(), null));
		}

		@Override
		public ChannelLog log() {
			return SharedLog.this.log.log();
		}

	}

}
