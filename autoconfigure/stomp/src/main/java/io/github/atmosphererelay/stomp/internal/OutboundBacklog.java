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

package io.github.atmosphererelay.stomp.internal;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;

import org.jspecify.annotations.Nullable;

import org.springframework.messaging.Message;
import org.springframework.messaging.MessageChannel;
import org.springframework.messaging.MessageHandler;
import org.springframework.messaging.simp.SimpMessageHeaderAccessor;
import org.springframework.messaging.simp.SimpMessageType;
import org.springframework.messaging.support.ExecutorChannelInterceptor;
import org.springframework.util.MultiValueMap;
import org.springframework.web.socket.messaging.SubProtocolWebSocketHandler;

/**
 * Counts what the simple broker has handed over for the sessions of this node and Spring
 * has not yet written. It waits in queues of Spring that have no bound: one for each
 * session, if messages keep their order, and that of the channel's executor.
 * <p>
 * Messages of other nodes wait before the broker while too much of their group of
 * destinations waits behind it. If too much waits in all, for instance because the
 * application sends faster than the node can write, the sessions that are furthest behind
 * have to go. For any thread; only {@link #awaitRoom} blocks.
 */
final class OutboundBacklog implements ExecutorChannelInterceptor {

	/** What a waiting message takes for each session besides its payload. */
	static final int OVERHEAD = 1024;

	private static final int GROUPS = 16;

	/** Sessions that are less than this behind are never the cause. */
	private static final long MIN_EXCESS = 64 * OVERHEAD;

	private static final long POLL_NANOS = Duration.ofMillis(1).toNanos();

	/**
	 * How long a message of another node waits at most, should the application's own
	 * interceptors hold up the channel of messages to clients.
	 */
	private static final long MAX_WAIT_NANOS = Duration.ofSeconds(5).toNanos();

	private final long maxBytes;

	/** The bytes that wait for each group of destinations, summed over all sessions. */
	private final AtomicLongArray groups = new AtomicLongArray(GROUPS);

	private final Map<String, Session> sessions = new ConcurrentHashMap<>();

	/** Whether this thread is about to hand a message over to the broker. */
	private final ThreadLocal<@Nullable Boolean> expected = new ThreadLocal<>();

	/**
	 * Create an empty backlog.
	 * @param maxBytes how much may wait for all sessions. Other nodes' messages may take
	 * half of it
	 */
	OutboundBacklog(long maxBytes) {
		this.maxBytes = maxBytes;
	}

	void connected(String session) {
		this.sessions.putIfAbsent(session, new Session());
	}

	void disconnected(String session) {
		Session ended = this.sessions.remove(session);
		if (ended != null) {
			ended.end();
		}
	}

	/**
	 * This thread is about to hand a message over to the broker, which will ask the
	 * registry for its subscribers.
	 */
	void expect() {
		this.expected.set(Boolean.TRUE);
	}

	/**
	 * The broker has found the subscribers of a message, and sends it to each.
	 */
	void found(Message<?> message, MultiValueMap<String, String> subscriptions) {
		if (this.expected.get() == null) {
			return;
		}
		this.expected.remove();
		String destination = SimpMessageHeaderAccessor.getDestination(message.getHeaders());
		if (destination == null || subscriptions.isEmpty()) {
			return;
		}
		// All subscribers share the array of bytes
		int share = (message.getPayload() instanceof byte[] bytes) ? bytes.length / subscriptions.size() : 0;
		int group = group(destination);
		subscriptions.forEach((id, subscriptionIds) -> {
			Session session = this.sessions.get(id);
			if (session != null) {
				session.add(group, subscriptionIds.size(), (long) subscriptionIds.size() * (OVERHEAD + share));
			}
		});
	}

	/**
	 * Wait until there is room for a message of another node.
	 */
	void awaitRoom(String destination) {
		int group = group(destination);
		if (hasRoom(group)) {
			return;
		}
		long start = System.nanoTime();
		while (!hasRoom(group) && !Thread.currentThread().isInterrupted()
				&& System.nanoTime() - start < MAX_WAIT_NANOS) {
			LockSupport.parkNanos(this, POLL_NANOS);
		}
	}

	private boolean hasRoom(int group) {
		return this.groups.get(group) <= this.maxBytes / 2 / GROUPS;
	}

	/**
	 * Return how many bytes wait.
	 */
	long bytes() {
		long bytes = 0;
		for (int i = 0; i < GROUPS; i++) {
			bytes += this.groups.get(i);
		}
		return bytes;
	}

	/**
	 * Return the sessions that have to go, because too much waits: those for which most
	 * waits. Each is returned once.
	 */
	List<String> takeExcess() {
		if (bytes() <= this.maxBytes) {
			return List.of();
		}
		List<Map.Entry<String, Long>> behind = new ArrayList<>();
		long rest = 0;
		for (Map.Entry<String, Session> each : this.sessions.entrySet()) {
			Session session = each.getValue();
			if (!session.condemned) {
				long bytes = session.bytes();
				rest += bytes;
				behind.add(Map.entry(each.getKey(), bytes));
			}
		}
		behind.sort(Comparator.comparingLong((Map.Entry<String, Long> each) -> each.getValue()).reversed());
		List<String> excess = new ArrayList<>();
		for (Map.Entry<String, Long> each : behind) {
			if (rest <= this.maxBytes || each.getValue() < MIN_EXCESS) {
				break;
			}
			rest -= each.getValue();
			Session session = this.sessions.get(each.getKey());
			if (session != null) {
				session.condemned = true;
				excess.add(each.getKey());
			}
		}
		return excess;
	}

	/**
	 * Called when an interceptor of the application or the executor has refused a
	 * message. A message that was accepted comes to {@link #afterMessageHandled}.
	 */
	@Override
	public void afterSendCompletion(Message<?> message, MessageChannel channel, boolean sent, @Nullable Exception ex) {
		if (!sent) {
			done(message);
		}
	}

	@Override
	public void afterMessageHandled(Message<?> message, MessageChannel channel, MessageHandler handler,
			@Nullable Exception ex) {
		if (handler instanceof SubProtocolWebSocketHandler) {
			done(message);
		}
	}

	private void done(Message<?> message) {
		if (SimpMessageHeaderAccessor.getMessageType(message.getHeaders()) != SimpMessageType.MESSAGE) {
			return;
		}
		String id = SimpMessageHeaderAccessor.getSessionId(message.getHeaders());
		String destination = SimpMessageHeaderAccessor.getDestination(message.getHeaders());
		Session session = (id != null) ? this.sessions.get(id) : null;
		if (session != null && destination != null) {
			session.done(group(destination));
		}
	}

	/**
	 * Strings keep their hash code, and the messages to all subscribers have the same
	 * string.
	 */
	private static int group(String destination) {
		return Math.floorMod(destination.hashCode(), GROUPS);
	}

	/**
	 * What waits for a session.
	 */
	private final class Session {

		private final int[] messages = new int[GROUPS];

		private final long[] bytes = new long[GROUPS];

		private boolean ended;

		private volatile boolean condemned;

		private synchronized void add(int group, int messages, long bytes) {
			if (!this.ended) {
				this.messages[group] += messages;
				change(group, bytes);
			}
		}

		/**
		 * One message is written. Messages that the broker did not send, such as replies
		 * to a subscription, were not counted.
		 */
		private synchronized void done(int group) {
			int messages = this.messages[group];
			if (messages > 0) {
				this.messages[group] = messages - 1;
				change(group, -this.bytes[group] / messages);
			}
		}

		private synchronized void end() {
			this.ended = true;
			for (int i = 0; i < GROUPS; i++) {
				change(i, -this.bytes[i]);
			}
		}

		private void change(int group, long bytes) {
			this.bytes[group] += bytes;
			OutboundBacklog.this.groups.addAndGet(group, bytes);
		}

		private synchronized long bytes() {
			long bytes = 0;
			for (long each : this.bytes) {
				bytes += each;
			}
			return bytes;
		}

	}

}
