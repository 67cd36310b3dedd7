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

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;

import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.WireFormatException;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.ChannelLog;
import io.github.atmosphererelay.relay.ClusterRelay;
import io.github.atmosphererelay.relay.ConsumerGroups;
import io.github.atmosphererelay.relay.LogContinuation;
import io.github.atmosphererelay.relay.LogPage;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.PageLimit;
import io.github.atmosphererelay.relay.ReadDirection;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.relay.RelayListener;
import io.github.atmosphererelay.relay.RelayOverloadedException;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import io.github.atmosphererelay.relay.local.internal.LocalRelay;
import org.jspecify.annotations.Nullable;

/**
 * A broker within the JVM: connects the {@linkplain MemoryRelay relays} of several nodes,
 * keeps the logs of recorded channels, and can be made unreachable. Envelopes are
 * transported as bytes, as with any broker. For any thread; does not block.
 */
final class MemoryBroker implements ChannelLog {

	static final String NAME = "memory";

	/** The maximum number of envelopes that may wait for a node. */
	static final int MAX_WAITING = 100_000;

	/** The maximum number of bytes that may wait for a node. */
	static final long MAX_WAITING_BYTES = 64 * 1024 * 1024;

	private final LocalRelay logs = new LocalRelay();

	private final List<MemoryRelay> connected = new CopyOnWriteArrayList<>();

	/**
	 * Held while an envelope is passed to the nodes, so that all of them get the same
	 * order, and while the state of a relay or of the broker changes. No listener is
	 * called while it is held, except for {@link RelayListener#keyForgotten()}.
	 */
	private final ReentrantLock lock = new ReentrantLock();

	private boolean away;

	/** The bytes of the envelope that is being appended. */
	private byte @Nullable [] appending;

	MemoryBroker() {
		this.logs.start(new Appended());
	}

	/**
	 * Create the relay of one more node.
	 * @param codec the node's codec
	 * @return a relay that is not started yet
	 */
	ClusterRelay relay(EnvelopeCodec codec) {
		return new MemoryRelay(this, codec);
	}

	/**
	 * Become unreachable: from now on nothing is published, read or confirmed. Envelopes
	 * that were published before still arrive.
	 */
	void takeAway() {
		this.lock.lock();
		try {
			if (!this.away) {
				this.away = true;
				this.connected.forEach(MemoryRelay::disconnected);
			}
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Become reachable again, with all logs.
	 */
	void bringBack() {
		this.lock.lock();
		try {
			if (this.away) {
				this.away = false;
				this.connected.forEach(MemoryRelay::reconnected);
			}
		}
		finally {
			this.lock.unlock();
		}
	}

	boolean isAway() {
		this.lock.lock();
		try {
			return this.away;
		}
		finally {
			this.lock.unlock();
		}
	}

	ReentrantLock lock() {
		return this.lock;
	}

	/**
	 * Connect a relay that starts. Called with the lock held.
	 */
	void connect(MemoryRelay relay) {
		this.connected.add(relay);
		if (!this.away) {
			relay.reconnected();
		}
	}

	void disconnect(MemoryRelay relay) {
		this.connected.remove(relay);
	}

	CompletableFuture<Receipt> publish(Envelope envelope, byte[] bytes) {
		this.lock.lock();
		try {
			if (this.away) {
				return unavailable();
			}
			for (MemoryRelay relay : this.connected) {
				if (!relay.hasRoom(envelope.address(), bytes.length)) {
					return CompletableFuture.failedFuture(RelayOverloadedException.forBytes(NAME, MAX_WAITING_BYTES));
				}
			}
			if (envelope.log() == null) {
				deliver(envelope.address(), bytes, null);
				return CompletableFuture.completedFuture(Receipt.of(envelope.id(), Outcome.RELAYED));
			}
			this.appending = bytes;
			return this.logs.publish(envelope).thenApply(MemoryBroker::relayed);
		}
		finally {
			this.appending = null;
			this.lock.unlock();
		}
	}

	private static Receipt relayed(Receipt receipt) {
		return (receipt.outcome() != Outcome.LOCAL_ONLY) ? receipt
				: new Receipt(receipt.messageId(), Outcome.RELAYED, receipt.position());
	}

	/**
	 * Pass bytes to all nodes that follow an address. The bytes need not be an envelope.
	 */
	void deliver(Address address, byte[] bytes, @Nullable Position position) {
		this.lock.lock();
		try {
			this.connected.forEach((relay) -> relay.deliver(address, bytes, position));
		}
		finally {
			this.lock.unlock();
		}
	}

	@Override
	public CompletableFuture<LogPage> read(String channel, @Nullable Position since, PageLimit limit,
			ReadDirection direction) {
		return isAway() ? unavailable() : this.logs.log().read(channel, since, limit, direction);
	}

	@Override
	public CompletableFuture<Position> position(String channel) {
		return isAway() ? unavailable() : this.logs.log().position(channel);
	}

	@Override
	public CompletableFuture<LogContinuation> resume(String channel, Position delivered, long reached) {
		return isAway() ? unavailable() : this.logs.log().resume(channel, delivered, reached);
	}

	@Override
	public boolean hasConsecutiveOffsets() {
		return this.logs.log().hasConsecutiveOffsets();
	}

	ConsumerGroups groups() {
		return this.logs.groups();
	}

	static <T> CompletableFuture<T> unavailable() {
		return CompletableFuture.failedFuture(new RelayUnavailableException(NAME, null));
	}

	/**
	 * Passes the envelopes that were appended to a log to the nodes.
	 */
	private final class Appended implements RelayListener {

		@Override
		public void received(Envelope envelope, @Nullable Position position) {
			byte[] bytes = MemoryBroker.this.appending;
			if (bytes != null) {
				deliver(envelope.address(), bytes, position);
			}
		}

		@Override
		public void keyForgotten() {
			MemoryBroker.this.connected.forEach(MemoryRelay::keyForgotten);
		}

		@Override
		public void rejected(WireFormatException.Reason reason) {
		}

		@Override
		public void gap(Address address) {
		}

		@Override
		public void connectionChanged(boolean connected) {
		}

	}

}
