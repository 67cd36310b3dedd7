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

package io.github.atmosphererelay.testkit;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.ChannelLog;
import io.github.atmosphererelay.relay.ClusterRelay;
import io.github.atmosphererelay.relay.ConsumerGroups;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.relay.RelayListener;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import org.jspecify.annotations.Nullable;

/**
 * Connects one node to a {@link MemoryBroker}. Its state is guarded by the broker's lock.
 */
final class MemoryRelay implements ClusterRelay {

	private final MemoryBroker broker;

	private final EnvelopeCodec codec;

	private final Set<Address> followed = new HashSet<>();

	/** Subscriptions that were requested while the broker was unreachable. */
	private final Map<Address, CompletableFuture<@Nullable Void>> open = new HashMap<>();

	private final MemoryRelayGroups groups;

	private @Nullable MemoryReceiver receiver;

	MemoryRelay(MemoryBroker broker, EnvelopeCodec codec) {
		this.broker = broker;
		this.codec = codec;
		this.groups = new MemoryRelayGroups(broker.groups(), broker::isAway);
	}

	@Override
	public String name() {
		return MemoryBroker.NAME;
	}

	@Override
	public void start(RelayListener listener) {
		this.broker.lock().lock();
		try {
			if (this.receiver == null) {
				this.receiver = new MemoryReceiver(listener, this.codec);
				this.broker.connect(this);
			}
		}
		finally {
			this.broker.lock().unlock();
		}
	}

	@Override
	public void stop() {
		this.groups.leave();
		MemoryReceiver receiver;
		List<CompletableFuture<@Nullable Void>> open;
		this.broker.lock().lock();
		try {
			receiver = this.receiver;
			this.receiver = null;
			this.broker.disconnect(this);
			this.followed.clear();
			open = List.copyOf(this.open.values());
			this.open.clear();
		}
		finally {
			this.broker.lock().unlock();
		}
		if (receiver != null) {
			receiver.stop();
		}
		open.forEach((each) -> each.completeExceptionally(new RelayUnavailableException(name(), null)));
	}

	@Override
	public CompletableFuture<Receipt> publish(Envelope envelope) {
		if (!isStarted()) {
			return MemoryBroker.unavailable();
		}
		try {
			return this.broker.publish(envelope, this.codec.encode(envelope));
		}
		catch (IllegalArgumentException ex) {
			return CompletableFuture.failedFuture(ex);
		}
	}

	private boolean isStarted() {
		this.broker.lock().lock();
		try {
			return this.receiver != null;
		}
		finally {
			this.broker.lock().unlock();
		}
	}

	@Override
	public CompletableFuture<@Nullable Void> subscribe(Address address) {
		this.broker.lock().lock();
		try {
			if (this.receiver == null) {
				return MemoryBroker.unavailable();
			}
			if (this.broker.isAway() && !this.followed.contains(address)) {
				return this.open.computeIfAbsent(address, (key) -> new CompletableFuture<>());
			}
			this.followed.add(address);
			return CompletableFuture.completedFuture(null);
		}
		finally {
			this.broker.lock().unlock();
		}
	}

	@Override
	public void unsubscribe(Address address) {
		CompletableFuture<@Nullable Void> open;
		this.broker.lock().lock();
		try {
			this.followed.remove(address);
			open = this.open.remove(address);
		}
		finally {
			this.broker.lock().unlock();
		}
		if (open != null) {
			open.cancel(false);
		}
	}

	/**
	 * The broker is reachable again. Called with the lock held.
	 */
	void reconnected() {
		MemoryReceiver receiver = this.receiver;
		if (receiver != null) {
			this.followed.forEach(receiver::gap);
			this.followed.addAll(this.open.keySet());
			// Confirmed before the relay is found to be up, so that code that waits for
			// the relay can rely on the subscriptions
			this.open.values().forEach(receiver::confirm);
			this.open.clear();
			receiver.connectionChanged(true);
		}
	}

	/**
	 * The broker has become unreachable. Called with the lock held.
	 */
	void disconnected() {
		MemoryReceiver receiver = this.receiver;
		if (receiver != null) {
			receiver.connectionChanged(false);
		}
	}

	/**
	 * Return whether there is room for one more envelope that waits for this node. Called
	 * with the lock held.
	 */
	boolean hasRoom(Address address, int size) {
		MemoryReceiver receiver = this.receiver;
		return receiver == null || !this.followed.contains(address) || receiver.hasRoom(size);
	}

	/**
	 * Queue published bytes for this node. Called with the lock held.
	 */
	void deliver(Address address, byte[] bytes, @Nullable Position position) {
		MemoryReceiver receiver = this.receiver;
		if (receiver != null && this.followed.contains(address)) {
			receiver.deliver(bytes, position);
		}
	}

	void keyForgotten() {
		MemoryReceiver receiver = this.receiver;
		if (receiver != null) {
			receiver.keyForgotten();
		}
	}

	@Override
	public ChannelLog log() {
		return this.broker;
	}

	@Override
	public ConsumerGroups groups() {
		return this.groups;
	}

}
