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
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.EnvelopeFormatException;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.relay.ChannelLog;
import io.github.atmosphererelay.relay.ClusterRelay;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.relay.RelayListener;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import io.github.atmosphererelay.relay.local.LocalRelay;
import org.jspecify.annotations.Nullable;

/**
 * Relays of several nodes within one process, with logs that they share.
 */
public final class SharedLog {

	private final LocalRelay log = new LocalRelay();

	private final List<NodeRelay> relays = new CopyOnWriteArrayList<>();

	public SharedLog() {
		this.log.start(new RelayListener() {

			@Override
			public void received(Envelope envelope, @Nullable Position position) {
				SharedLog.this.relays.forEach((relay) -> relay.deliver(envelope, position));
			}

			@Override
			public void rejected(EnvelopeFormatException.Reason reason) {
			}

			@Override
			public void gap(Address address) {
			}

			@Override
			public void connectionChanged(boolean connected) {
			}

		});
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
	private final class NodeRelay implements ClusterRelay {

		private final Set<Address> followed = ConcurrentHashMap.newKeySet();

		private final ThreadPoolExecutor receiver = new ThreadPoolExecutor(1, 1, 1, TimeUnit.SECONDS,
				new LinkedBlockingQueue<>(), (task) -> {
					Thread thread = new Thread(task, "shared-log-receiver");
					thread.setDaemon(true);
					return thread;
				});

		private volatile @Nullable RelayListener listener;

		private NodeRelay() {
			this.receiver.allowCoreThreadTimeOut(true);
		}

		@Override
		public String name() {
			return "shared";
		}

		@Override
		public void start(RelayListener listener) {
			this.listener = listener;
			listener.connectionChanged(true);
		}

		@Override
		public void stop() {
			this.listener = null;
			this.followed.clear();
		}

		void deliver(Envelope envelope, @Nullable Position position) {
			this.receiver.execute(() -> {
				RelayListener listener = this.listener;
				if (listener != null && this.followed.contains(envelope.address())) {
					listener.received(envelope, position);
				}
			});
		}

		@Override
		public CompletableFuture<Receipt> publish(Envelope envelope) {
			return (this.listener != null) ? SharedLog.this.log.publish(envelope).thenApply(this::relayed)
					: CompletableFuture.failedFuture(new RelayUnavailableException(name(), null));
		}

		private Receipt relayed(Receipt receipt) {
			return (receipt.outcome() != Outcome.LOCAL_ONLY) ? receipt
					: new Receipt(receipt.messageId(), Outcome.RELAYED, receipt.position());
		}

		@Override
		public CompletableFuture<@Nullable Void> subscribe(Address address) {
			this.followed.add(address);
			return CompletableFuture.completedFuture(null);
		}

		@Override
		public void unsubscribe(Address address) {
			this.followed.remove(address);
		}

		@Override
		public ChannelLog log() {
			return SharedLog.this.log.log();
		}

	}

}
