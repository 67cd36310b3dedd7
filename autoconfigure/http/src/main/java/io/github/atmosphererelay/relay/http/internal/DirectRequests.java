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

package io.github.atmosphererelay.relay.http.internal;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.IntStream;

import io.github.atmosphererelay.guard.Guard;
import org.jspecify.annotations.Nullable;

/**
 * Takes the requests with messages for this node.
 */
final class DirectRequests implements PeerHandler {

	private static final int LOCKS = 64;

	private static final long WAIT_MILLIS = 250;

	private static final long STOP_MILLIS = 1000;

	private static final int ID_BYTES = 16;

	private final String cluster;

	private final int maxMessageBytes;

	private final Guard guard;

	/** Those of one sender are processed one at a time. */
	private final List<Lock> locks = IntStream.range(0, LOCKS).<Lock>mapToObj((i) -> new ReentrantLock()).toList();

	private volatile UUID node = PeerProtocol.ANYBODY;

	private volatile DirectPeers.@Nullable Receiver receiver;

	DirectRequests(String cluster, int maxMessageBytes, Guard guard) {
		this.cluster = cluster;
		this.maxMessageBytes = maxMessageBytes;
		this.guard = guard;
	}

	void receive(UUID node, DirectPeers.Receiver receiver) {
		this.receiver = receiver;
		this.node = node;
	}

	/**
	 * Receive nothing any more. Waits for the present calls of the receiver, for a second
	 * at most.
	 */
	void stop() throws InterruptedException {
		this.receiver = null;
		long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(STOP_MILLIS);
		for (Lock lock : this.locks) {
			if (lock.tryLock(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS)) {
				lock.unlock();
			}
		}
	}

	@Override
	public boolean isFor(UUID receiver) {
		return receiver.equals(this.node) || receiver.equals(PeerProtocol.ANYBODY);
	}

	@Override
	public byte[] introduction() {
		UUID node = this.node;
		return ByteBuffer.allocate(ID_BYTES)
			.putLong(node.getMostSignificantBits())
			.putLong(node.getLeastSignificantBits())
			.array();
	}

	/**
	 * Return the node of which a peer has said that it is there.
	 * @return its id, or {@code null} if no node receives there
	 */
	static @Nullable UUID introduced(byte[] introduction) {
		if (introduction.length != ID_BYTES) {
			return null;
		}
		ByteBuffer in = ByteBuffer.wrap(introduction);
		UUID node = new UUID(in.getLong(), in.getLong());
		return node.equals(PeerProtocol.ANYBODY) ? null : node;
	}

	@Override
	public Handled handle(UUID receiver, UUID sender, byte[] body) throws InterruptedException {
		List<byte[]> messages = DirectCodec.decode(body, this.cluster, this.maxMessageBytes);
		if (!receiver.equals(PeerProtocol.ANYBODY)) {
			Lock lock = this.locks.get(Math.floorMod(sender.hashCode(), LOCKS));
			if (!lock.tryLock(WAIT_MILLIS, TimeUnit.MILLISECONDS)) {
				throw new RefusedException(RefusalReason.OVERLOADED);
			}
			try {
				messages.forEach(this::deliver);
			}
			finally {
				lock.unlock();
			}
		}
		return new Handled(introduction(), false);
	}

	private void deliver(byte[] message) {
		DirectPeers.Receiver receiver = this.receiver;
		if (receiver == null) {
			throw new RefusedException(RefusalReason.CLOSED);
		}
		this.guard.run(() -> receiver.received(message));
	}

}
