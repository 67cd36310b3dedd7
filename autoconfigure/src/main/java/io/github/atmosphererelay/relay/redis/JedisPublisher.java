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

package io.github.atmosphererelay.relay.redis;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;

import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.RelayOverloadedException;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.Connection;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * Publishes on a connection of Jedis from a thread of its own: takes what has gathered,
 * sends it in one go and then reads the answers. A batch is small enough for the buffers
 * of a connection, so that sending does not block on a frozen one, and the answers are
 * waited for no longer than the connection's timeout.
 */
final class JedisPublisher {

	private static final int BATCH_MESSAGES = 256;

	private static final int BATCH_BYTES = 64 * 1024;

	private final Connection connection;

	private final int maxPending;

	private final RedisLink.Listener listener;

	private final BlockingQueue<Message> queue;

	private final Thread thread;

	private final Object sendingLock = new Object();

	/**
	 * Messages that may have been sent and are not answered; guarded by the lock, because
	 * stopping does not wait for a thread that is frozen.
	 */
	private final Deque<Message> sending = new ArrayDeque<>();

	private volatile boolean stopped;

	JedisPublisher(Connection connection, int maxPending, RedisLink.Listener listener) {
		this.connection = connection;
		this.maxPending = maxPending;
		this.listener = listener;
		this.queue = new LinkedBlockingQueue<>(maxPending);
		this.thread = RedisSession.threads("publisher").newThread(this::run);
	}

	void start() {
		this.thread.start();
	}

	CompletableFuture<Outcome> publish(byte[] channel, byte[] message) {
		Message entry = new Message(channel, message, new CompletableFuture<>());
		if (this.stopped) {
			refuse(entry, null);
		}
		else if (!this.queue.offer(entry)) {
			entry.result.completeExceptionally(new RelayOverloadedException(RedisRelay.NAME, this.maxPending));
		}
		else if (this.stopped && this.queue.remove(entry)) {
			refuse(entry, null);
		}
		return entry.result;
	}

	/**
	 * Complete everything that is open. Does not wait for the thread, which ends once the
	 * connection is closed.
	 */
	void stop() {
		stop(null);
		this.thread.interrupt();
	}

	private void stop(@Nullable Throwable cause) {
		this.stopped = true;
		List<Message> unanswered;
		synchronized (this.sendingLock) {
			unanswered = List.copyOf(this.sending);
			this.sending.clear();
		}
		unanswered.forEach((message) -> message.result.complete(Outcome.UNCONFIRMED));
		for (Message message = this.queue.poll(); message != null; message = this.queue.poll()) {
			refuse(message, cause);
		}
	}

	private void run() {
		try {
			while (!this.stopped) {
				send(this.queue.take());
			}
		}
		catch (InterruptedException ex) {
			// Stopped
		}
		catch (RuntimeException ex) {
			stop(ex);
			this.listener.lost(ex);
		}
	}

	private void send(Message first) {
		int count = 0;
		int bytes = 0;
		for (Message message = first; message != null; message = next(count, bytes)) {
			synchronized (this.sendingLock) {
				if (this.stopped) {
					refuse(message, null);
					return;
				}
				this.sending.add(message);
			}
			this.connection.sendCommand(Command.PUBLISH, message.channel, message.bytes);
			count++;
			bytes += message.channel.length + message.bytes.length;
		}
		for (int i = 0; i < count; i++) {
			JedisDataException refusal = receive();
			Message message;
			synchronized (this.sendingLock) {
				message = this.sending.poll();
			}
			if (message == null) {
				return;
			}
			if (refusal == null) {
				message.result.complete(Outcome.RELAYED);
			}
			else {
				refuse(message, refusal);
			}
		}
	}

	private @Nullable Message next(int count, int bytes) {
		Message next = (count < BATCH_MESSAGES) ? this.queue.peek() : null;
		if (next == null || bytes + next.channel.length + next.bytes.length > BATCH_BYTES) {
			return null;
		}
		return this.queue.poll();
	}

	private @Nullable JedisDataException receive() {
		try {
			this.connection.getOne();
			return null;
		}
		catch (JedisDataException ex) {
			// Redis answered that it has not done it
			return ex;
		}
	}

	private static void refuse(Message message, @Nullable Throwable cause) {
		message.result.completeExceptionally(new RelayUnavailableException(RedisRelay.NAME, cause));
	}

	private record Message(byte[] channel, byte[] bytes, CompletableFuture<Outcome> result) {

	}

}
