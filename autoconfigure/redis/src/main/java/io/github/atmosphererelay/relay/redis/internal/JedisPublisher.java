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

package io.github.atmosphererelay.relay.redis.internal;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;

import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.guard.internal.Threads;
import io.github.atmosphererelay.relay.RelayOverloadedException;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.Connection;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisNoScriptException;

/**
 * Publishes and runs scripts on a Jedis connection, on its own thread: it sends the
 * queued calls in one batch and then reads the answers. Both can block while the
 * connection is frozen; sending too, because a message can be larger than the buffers on
 * the way. Therefore a second thread checks for overdue calls. A call that is still
 * queued is removed and fails; a call that may have been sent is unconfirmed.
 */
final class JedisPublisher {

	private static final int BATCH_MESSAGES = 256;

	private static final int BATCH_BYTES = 64 * 1024;

	private static final Duration SWEEP_INTERVAL = Duration.ofMillis(100);

	private final Connection connection;

	private final int maxPending;

	private final RedisLink.Listener listener;

	private final PendingBytes pendingBytes;

	private final Guard guard;

	private final BlockingQueue<RedisCall> queue;

	private final Thread thread;

	private final ScheduledExecutorService sweeper;

	private final Object sendingLock = new Object();

	/**
	 * Calls that may have been sent and are not answered, including overdue ones that
	 * already count as unconfirmed. Guarded by the lock, because neither the check for
	 * overdue calls nor {@link #stop()} may wait for a frozen thread.
	 */
	private final Deque<RedisCall> sending = new ArrayDeque<>();

	/**
	 * Calls that Redis did not execute because it had lost their scripts. They are sent
	 * before all others. Guarded by the lock.
	 */
	private final Deque<RedisCall> repeated = new ArrayDeque<>();

	private volatile boolean stopped;

	JedisPublisher(Connection connection, int maxPending, PendingBytes pendingBytes, RedisLink.Listener listener) {
		this.guard = listener.guards().of(Part.RELAY_SENDER);
		this.connection = connection;
		this.maxPending = maxPending;
		this.pendingBytes = pendingBytes;
		this.listener = listener;
		this.queue = new LinkedBlockingQueue<>(maxPending);
		this.thread = Threads.factory("redis-publisher").newThread(this::run);
		this.sweeper = Executors.newSingleThreadScheduledExecutor(Threads.factory("redis-deadlines"));
	}

	void start() {
		this.thread.start();
		this.guard.repeat(this.sweeper, this::sweep, SWEEP_INTERVAL, SWEEP_INTERVAL);
	}

	/**
	 * Queue a call.
	 * @param call the call
	 * @return the call's result; fails with {@code RelayOverloadedException} if the queue
	 * is full
	 */
	CompletableFuture<@Nullable Object> send(RedisCall call) {
		RelayOverloadedException overload = this.pendingBytes.add(call.size());
		if (overload != null) {
			return CompletableFuture.failedFuture(overload);
		}
		if (this.stopped) {
			refuse(call, null);
		}
		else if (!this.queue.offer(call)) {
			this.pendingBytes.remove(call.size());
			call.result().completeExceptionally(new RelayOverloadedException(RedisRelay.NAME, this.maxPending));
		}
		else if (this.stopped && this.queue.remove(call)) {
			refuse(call, null);
		}
		return call.result();
	}

	/**
	 * Complete all open calls. Does not wait for the thread, which ends when the
	 * connection is closed.
	 */
	void stop() {
		stop(null);
		this.sweeper.shutdownNow();
		this.thread.interrupt();
	}

	private void stop(@Nullable Throwable cause) {
		List<RedisCall> unanswered;
		List<RedisCall> unsent;
		synchronized (this.sendingLock) {
			this.stopped = true;
			unanswered = List.copyOf(this.sending);
			this.sending.clear();
			unsent = new ArrayList<>(this.repeated);
			this.repeated.clear();
		}
		for (RedisCall call : unanswered) {
			this.pendingBytes.remove(call.size());
			call.result().complete(null);
		}
		this.queue.drainTo(unsent);
		unsent.forEach((call) -> refuse(call, cause));
	}

	private void sweep() {
		long now = System.nanoTime();
		List<RedisCall> unanswered = new ArrayList<>();
		List<RedisCall> unsent = new ArrayList<>();
		synchronized (this.sendingLock) {
			for (RedisCall call : this.sending) {
				if (!call.isOverdue(now)) {
					break;
				}
				unanswered.add(call);
			}
			while (!this.repeated.isEmpty() && this.repeated.getFirst().isOverdue(now)) {
				unsent.add(this.repeated.removeFirst());
			}
		}
		unanswered.forEach((call) -> call.result().complete(null));
		for (RedisCall call = this.queue.peek(); call != null && call.isOverdue(now); call = this.queue.peek()) {
			// The thread that removes a call from the queue decides whether it is sent
			if (this.queue.remove(call)) {
				unsent.add(call);
			}
		}
		unsent.forEach((call) -> refuse(call, null));
	}

	private void run() {
		LostScripts lost = new LostScripts();
		try {
			while (!this.stopped) {
				exchange(this.queue.take(), lost);
				while (!lost.isEmpty()) {
					repeat(lost);
				}
			}
		}
		catch (InterruptedException ex) {
			// The publisher was stopped
		}
		catch (Throwable ex) {
			if (ex instanceof Error) {
				this.guard.failed(ex);
			}
			try {
				lost.drain((call) -> refuse(call, ex), (call) -> refuse(call, ex));
				stop(ex);
			}
			finally {
				this.listener.lost(ex);
			}
		}
	}

	private void exchange(RedisCall first, LostScripts lost) {
		int count = 0;
		int bytes = 0;
		for (RedisCall call = first; call != null; call = next(count, bytes)) {
			if (!begin(call)) {
				return;
			}
			send(call, false);
			count++;
			bytes += call.size();
		}
		receive(count, lost);
	}

	private @Nullable RedisCall next(int count, int bytes) {
		RedisCall next = (count < BATCH_MESSAGES) ? this.queue.peek() : null;
		if (next == null || bytes + next.size() > BATCH_BYTES) {
			return null;
		}
		return this.queue.poll();
	}

	private void repeat(LostScripts lost) {
		// Nothing else is sent in between, so the order is kept
		List<RedisCall> overtaken = new ArrayList<>();
		synchronized (this.sendingLock) {
			lost.drain(this.repeated::add, overtaken::add);
		}
		overtaken.forEach((call) -> refuse(call, null));
		int count = 0;
		Set<RedisScript> loaded = new HashSet<>();
		for (RedisCall call = nextRepeated(); call != null; call = nextRepeated()) {
			if (call.result().isDone()) {
				// It was overdue and completed as unconfirmed before Redis answered that
				// it was not executed
				this.pendingBytes.remove(call.size());
			}
			else if (begin(call)) {
				send(call, call.script() != null && loaded.add(call.script()));
				count++;
			}
		}
		receive(count, lost);
	}

	private @Nullable RedisCall nextRepeated() {
		synchronized (this.sendingLock) {
			return this.repeated.poll();
		}
	}

	private boolean begin(RedisCall call) {
		try {
			synchronized (this.sendingLock) {
				if (!this.stopped) {
					this.sending.add(call);
					return true;
				}
			}
		}
		catch (Throwable ex) {
			// It is in no queue any more
			refuse(call, ex);
			throw ex;
		}
		refuse(call, null);
		return false;
	}

	private void send(RedisCall call, boolean whole) {
		Command command = (call.script() == null) ? Command.PUBLISH : (whole ? Command.EVAL : Command.EVALSHA);
		this.connection.sendCommand(command, call.arguments(whole));
	}

	private void receive(int count, LostScripts lost) {
		for (int i = 0; i < count; i++) {
			Object reply = receive();
			RedisCall call;
			synchronized (this.sendingLock) {
				call = this.sending.poll();
			}
			if (call == null) {
				// The publisher was stopped
				return;
			}
			answered(call, reply, lost);
		}
	}

	private void answered(RedisCall call, Object reply, LostScripts lost) {
		if (reply instanceof JedisNoScriptException) {
			lost.add(call);
		}
		else if (reply instanceof JedisDataException refusal) {
			// Redis answered that it has not executed the call
			this.pendingBytes.remove(call.size());
			call.result().completeExceptionally(RedisAnswers.refusal(refusal));
		}
		else {
			lost.executed(call);
			this.pendingBytes.remove(call.size());
			call.result().complete(reply);
		}
	}

	private Object receive() {
		try {
			return this.connection.getOne();
		}
		catch (JedisDataException ex) {
			return ex;
		}
	}

	private void refuse(RedisCall call, @Nullable Throwable cause) {
		this.pendingBytes.remove(call.size());
		call.refuse(cause);
	}

}
