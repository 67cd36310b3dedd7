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

import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.BiPredicate;

import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.relay.ClusterRelay;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.relay.RelayListener;
import org.jspecify.annotations.Nullable;

/**
 * Relays within one process that hear each other, each on a thread of its own, except for
 * what is taken out on the way.
 */
final class Hub {

	private final List<HubRelay> relays = new CopyOnWriteArrayList<>();

	/** What is not delivered to whom. */
	volatile BiPredicate<Envelope, HubRelay> drops = (envelope, receiver) -> false;

	volatile boolean delivers2Times;

	HubRelay relay() {
		HubRelay relay = new HubRelay();
		this.relays.add(relay);
		return relay;
	}

	/**
	 * A node's relay.
	 */
	final class HubRelay implements ClusterRelay {

		private final Set<Address> followed = ConcurrentHashMap.newKeySet();

		private volatile @Nullable RelayListener listener;

		private volatile ExecutorService receiver = Executors.newSingleThreadExecutor();

		@Override
		public String name() {
			return "hub";
		}

		@Override
		public void start(RelayListener listener) {
			if (this.receiver.isShutdown()) {
				this.receiver = Executors.newSingleThreadExecutor();
			}
			this.listener = listener;
		}

		@Override
		public void stop() {
			this.listener = null;
			this.followed.clear();
			this.receiver.shutdown();
		}

		@Override
		public CompletableFuture<Receipt> publish(Envelope envelope) {
			for (HubRelay receiver : Hub.this.relays) {
				receiver.deliver(envelope);
				if (Hub.this.delivers2Times) {
					receiver.deliver(envelope);
				}
			}
			return CompletableFuture.completedFuture(Receipt.of(envelope.id(), Outcome.RELAYED));
		}

		void deliver(Envelope envelope) {
			RelayListener listener = this.listener;
			if (listener != null && this.followed.contains(envelope.address())
					&& !Hub.this.drops.test(envelope, this)) {
				try {
					this.receiver.execute(() -> listener.received(envelope, null));
				}
				catch (RejectedExecutionException ex) {
					// It stops, and hears no more.
				}
			}
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

	}

}
