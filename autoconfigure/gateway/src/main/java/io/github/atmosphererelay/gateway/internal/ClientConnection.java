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

package io.github.atmosphererelay.gateway.internal;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOutboundBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The connection of a client, of which it is asked whether the client takes bytes: a
 * message may take longer than the idle time, and who takes nothing is not waited for.
 * Safe for use by many threads; does not block.
 */
final class ClientConnection {

	/**
	 * The most that one look adds to the time: a pause of the gateway is not the
	 * client's.
	 */
	private static final long LONGEST_LOOK = Duration.ofSeconds(2).toNanos();

	private final Channel channel;

	/** For how long bytes wait of which the client has taken none, in nanoseconds. */
	private volatile long stuck;

	private final AtomicLong sent = new AtomicLong();

	// Of the event loop

	private @Nullable Object current;

	private long progress;

	private long waiting;

	private long sentBefore;

	private long lookedAt = System.nanoTime();

	ClientConnection(Channel channel) {
		this.channel = channel;
	}

	/**
	 * Let what the client sends be read only while it may be held.
	 */
	void guard(ByteBudget.Share share) {
		ReadGate.guard(this.channel, share);
	}

	/**
	 * Close the connection, also if the client takes no bytes.
	 */
	void close() {
		this.channel.close();
	}

	/**
	 * Note that a message has been sent to its end. Netty uses buffers again, so that two
	 * looks at different messages may find the same one.
	 */
	void messageSent() {
		this.sent.incrementAndGet();
	}

	/**
	 * Look whether bytes that wait have gone since the last call.
	 * @param then called by the event loop if that is so
	 */
	void ifBytesTaken(Runnable then) {
		ChannelOutboundBuffer buffer = this.channel.unsafe().outboundBuffer();
		if (buffer == null) {
			return;
		}
		this.channel.eventLoop().execute(() -> {
			boolean moved = hasMoved(buffer);
			long now = System.nanoTime();
			this.stuck = (moved || this.waiting == 0) ? 0 : this.stuck + Math.min(now - this.lookedAt, LONGEST_LOOK);
			this.lookedAt = now;
			if (moved) {
				then.run();
			}
		});
	}

	/**
	 * Return whether bytes have waited for a time, as far as the looks show, and the
	 * client has taken none of them.
	 */
	boolean isStuck(Duration time) {
		return this.stuck >= time.toNanos();
	}

	/** As Netty's handler for idle connections looks at them. */
	private boolean hasMoved(ChannelOutboundBuffer buffer) {
		Object current = buffer.current();
		long progress = buffer.currentProgress();
		long waiting = buffer.totalPendingWriteBytes();
		long sent = this.sent.get();
		boolean moved = this.sentBefore != sent || this.current != current || this.progress != progress
				|| this.waiting > waiting;
		this.sentBefore = sent;
		this.current = current;
		this.progress = progress;
		this.waiting = waiting;
		return moved;
	}

}
