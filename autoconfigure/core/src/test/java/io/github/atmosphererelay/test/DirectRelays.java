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
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.relay.ChannelLog;
import io.github.atmosphererelay.relay.ClusterRelay;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import io.github.atmosphererelay.relay.local.internal.LocalRelay;
import org.jspecify.annotations.Nullable;

/**
 * Relays of several nodes within one process that deliver to all of them within
 * {@code publish}, on the publisher's thread. With one lock, as somebody may write it who
 * wants to be sure of the order, each call holds that lock, deliveries included.
 */
public final class DirectRelays {

	/** Of so many publications in a row of a log a node misses the first few. */
	private static final int ROUND = 40;

	private final @Nullable ReentrantLock lock;

	private final int missed;

	private final LocalRelay log = new LocalRelay();

	private final List<NodeRelay> relays = new CopyOnWriteArrayList<>();

	/**
	 * Create relays.
	 * @param oneLock whether each call holds the one lock
	 * @param missed how many of {@value #ROUND} publications of a log do not reach a node
	 */
	public DirectRelays(boolean oneLock, int missed) {
		this.lock = oneLock ? new ReentrantLock() : null;
		this.missed = missed;
		this.log.start(new AppendedListener(this::deliver));
	}

	/**
	 * Return a relay for one more node.
	 */
	public ClusterRelay relay() {
		NodeRelay relay = new NodeRelay(this.relays.size() + 1);
		this.relays.add(relay);
		return relay;
	}

	private <T> T guarded(Supplier<T> action) {
		ReentrantLock lock = this.lock;
		if (lock == null) {
			return action.get();
		}
		lock.lock();
		try {
			return action.get();
		}
		finally {
			lock.unlock();
		}
	}

	private void deliver(Envelope envelope, @Nullable Position position) {
		this.relays.forEach((relay) -> relay.deliver(envelope, position));
	}

	/**
	 * A node's relay.
	 */
	private final class NodeRelay extends FollowingRelay {

		private final int number;

		private NodeRelay(int number) {
			super("direct");
			this.number = number;
		}

		private void deliver(Envelope envelope, @Nullable Position position) {
			if (position == null || (position.offset() * this.number) % ROUND >= DirectRelays.this.missed) {
				handOver(envelope, position);
			}
		}

		@Override
		public CompletableFuture<Receipt> publish(Envelope envelope) {
			if (!isStarted()) {
				return CompletableFuture.failedFuture(new RelayUnavailableException(name(), null));
			}
			return guarded(() -> {
				if (envelope.log() != null) {
					return DirectRelays.this.log.publish(envelope).thenApply(FollowingRelay::relayed);
				}
				DirectRelays.this.deliver(envelope, null);
				return CompletableFuture.completedFuture(Receipt.of(envelope.id(), Outcome.RELAYED));
			});
		}

		@Override
		public CompletableFuture<@Nullable Void> subscribe(Address address) {
			return guarded(() -> super.subscribe(address));
		}

		@Override
		public void unsubscribe(Address address) {
			guarded(() -> {
				super.unsubscribe(address);
				return true;
			});
		}

		@Override
		public ChannelLog log() {
			return DirectRelays.this.log.log();
		}

	}

}
