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

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.RelayOverloadedException;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.Connection;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * Publishes on a connection of Jedis from a thread of its own: takes what has gathered,
 * sends it in one go and then reads the answers. Either may block while the connection is
 * frozen, sending even for as long as it is: a message can be larger than the buffers on
 * the way. So a second thread looks for messages that are overdue. One that still waits
 * is taken back and fails; one that may have been sent is unconfirmed.
 */
final class JedisPublisher {

	private static final int BATCH_MESSAGES = 256;

	private static final int BATCH_BYTES = 64 * 1024;

	private static final long SWEEP_MILLIS = 100;

	private final Connection connection;

	private final int maxPending;

	private final long timeoutNanos;

	private final RedisLink.Listener listener;

	private final PendingBytes pendingBytes;

	private final BlockingQueue<Message> queue;

	private final Thread thread;

	private final ScheduledExecutorService sweeper;

	private final Object sendingLock = new Object();

	/**
	 * Messages that may have been sent and are not answered, though perhaps unconfirmed
	 * for being overdue; guarded by the lock, because neither the sweep nor stopping
	 * waits for a thread that is frozen.
	 */
	private final Deque<Message> sending = new ArrayDeque<>();

	private volatile boolean stopped;

	JedisPublisher(Connection connection, int maxPending, Duration timeout, PendingBytes pendingBytes,
			RedisLink.Listener listener) {
		this.connection = connection;
		this.maxPending = maxPending;
		this.timeoutNanos = timeout.toNanos();
		this.pendingBytes = pendingBytes;
		this.listener = listener;
		this.queue = new LinkedBlockingQueue<>(maxPending);
		this.thread = RedisSession.threads("publisher").newThread(this::run);
		this.sweeper = Executors.newSingleThreadScheduledExecutor(RedisSession.threads("deadlines"));
	}

	void start() {
		this.thread.start();
		this.sweeper.scheduleWithFixedDelay(this::sweep, SWEEP_MILLIS, SWEEP_MILLIS, TimeUnit.MILLISECONDS);
	}

	CompletableFuture<Outcome> publish(byte[] channel, byte[] message) {
		int size = channel.length + message.length;
		RelayOverloadedException overload = this.pendingBytes.add(size);
		if (overload != null) {
			return CompletableFuture.failedFuture(overload);
		}
		Message entry = new Message(channel, message, System.nanoTime() + this.timeoutNanos, new CompletableFuture<>());
		if (this.stopped) {
			refuse(entry, null);
		}
		else if (!this.queue.offer(entry)) {
			this.pendingBytes.remove(size);
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
		this.sweeper.shutdownNow();
		this.thread.interrupt();
	}

	private void stop(@Nullable Throwable cause) {
		this.stopped = true;
		List<Message> unanswered;
		synchronized (this.sendingLock) {
			unanswered = List.copyOf(this.sending);
			this.sending.clear();
		}
		for (Message message : unanswered) {
			this.pendingBytes.remove(message.size());
			message.result.complete(Outcome.UNCONFIRMED);
		}
		for (Message message = this.queue.poll(); message != null; message = this.queue.poll()) {
			refuse(message, cause);
		}
	}

	private void sweep() {
		long now = System.nanoTime();
		List<Message> unanswered = new ArrayList<>();
		synchronized (this.sendingLock) {
			for (Message message : this.sending) {
				if (!message.isOverdue(now)) {
					break;
				}
				unanswered.add(message);
			}
		}
		unanswered.forEach((message) -> message.result.complete(Outcome.UNCONFIRMED));
		for (Message message = this.queue.peek(); message != null
				&& message.isOverdue(now); message = this.queue.peek()) {
			// Whoever removes a message decides whether it is ever sent
			if (this.queue.remove(message)) {
				refuse(message, null);
			}
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
			bytes += message.size();
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
				this.pendingBytes.remove(message.size());
				message.result.complete(Outcome.RELAYED);
			}
			else {
				refuse(message, refusal);
			}
		}
	}

	private @Nullable Message next(int count, int bytes) {
		Message next = (count < BATCH_MESSAGES) ? this.queue.peek() : null;
		if (next == null || bytes + next.size() > BATCH_BYTES) {
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

	private void refuse(Message message, @Nullable Throwable cause) {
		this.pendingBytes.remove(message.size());
		message.result.completeExceptionally(new RelayUnavailableException(RedisRelay.NAME, cause));
	}

	private record Message(byte[] channel, byte[] bytes, long deadline, CompletableFuture<Outcome> result) {

		int size() {
			return this.channel.length + this.bytes.length;
		}

		boolean isOverdue(long now) {
			return now - this.deadline >= 0;
		}

	}

}
