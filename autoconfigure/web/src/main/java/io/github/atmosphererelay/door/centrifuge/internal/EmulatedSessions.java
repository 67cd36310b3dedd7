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

package io.github.atmosphererelay.door.centrifuge.internal;

import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.function.Consumer;

import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.guard.internal.Threads;
import io.github.atmosphererelay.guard.internal.Timers;
import io.github.atmosphererelay.message.internal.WireReader;
import io.github.atmosphererelay.message.internal.WireWriter;
import org.jspecify.annotations.Nullable;

/**
 * The sessions of this node whose clients send commands in requests of their own, which
 * may have come to another node. Safe for use by many threads; nothing blocks.
 */
final class EmulatedSessions {

	private static final int MAX_STRING = 65_536;

	/**
	 * Threads for commands that other nodes have received, or that have waited for others
	 * in vain: authorizers may block.
	 */
	private static final int THREADS = 8;

	private static final int MAX_WAITING = 10_000;

	private final Codec codec;

	private final int maxBytes;

	private final Timers timers;

	private final ThreadPoolExecutor executor = Threads.pool("client-commands", THREADS,
			new LinkedBlockingQueue<>(MAX_WAITING));

	private final Map<String, EmulatedSession> sessions = new ConcurrentHashMap<>();

	/**
	 * Create the sessions.
	 * @param codec reads commands
	 * @param maxMessageSize the maximum size of a message
	 * @param timers run timeouts
	 */
	EmulatedSessions(Codec codec, int maxMessageSize, Timers timers) {
		this.codec = codec;
		this.maxBytes = 4 * maxMessageSize;
		this.timers = timers;
	}

	CommandOrder newOrder(Consumer<String> target) {
		return new CommandOrder(this.maxBytes, target, this::later, this.executor);
	}

	private void later(Runnable task, Duration time) {
		if (this.executor.isShutdown()) {
			return;
		}
		try {
			this.timers.later(Part.CLIENT_TIMERS, task, time);
		}
		catch (RejectedExecutionException ex) {
			// The node has stopped
		}
	}

	void add(EmulatedSession session) {
		this.sessions.put(session.id(), session);
	}

	void remove(EmulatedSession session) {
		this.sessions.remove(session.id(), session);
	}

	/**
	 * Deliver commands that this node has received, on the thread of the request.
	 */
	Delivery deliver(String id, @Nullable String user, String text) {
		return deliver(id, user, text, Runnable::run);
	}

	/**
	 * Deliver commands that another node has received.
	 * @param body what {@link #encode} has made there
	 * @return what {@link Delivery#of} reads there
	 */
	byte[] deliver(byte[] body) {
		WireReader in = new WireReader(body);
		String id = in.readString(MAX_STRING);
		String user = (in.readByte() != 0) ? in.readString(MAX_STRING) : null;
		String text = in.readString(Integer.MAX_VALUE);
		return new byte[] { (byte) deliver(id, user, text, this.executor).ordinal() };
	}

	static byte[] encode(String id, @Nullable String user, String text) {
		WireWriter out = new WireWriter();
		out.writeString(id);
		out.writeByte((user != null) ? 1 : 0);
		if (user != null) {
			out.writeString(user);
		}
		out.writeString(text);
		return out.toByteArray();
	}

	private Delivery deliver(String id, @Nullable String user, String text, Executor executor) {
		EmulatedSession session = this.sessions.get(id);
		if (session == null || !Objects.equals(session.user(), user)) {
			return Delivery.UNKNOWN;
		}
		return session.offer(text, EmulatedSession.read(this.codec, text), executor) ? Delivery.TAKEN
				: Delivery.OVERLOADED;
	}

	/**
	 * End the threads.
	 */
	void stop() {
		this.executor.shutdownNow();
	}

	/**
	 * What has become of commands. The ordinals are part of the wire format.
	 */
	enum Delivery {

		/** They are, or will be, carried out. */
		TAKEN,

		/** There is no such session of that user. */
		UNKNOWN,

		/** More commands wait than may. */
		OVERLOADED;

		static Delivery of(byte[] answer) {
			return values()[Objects.checkIndex(answer[0], values().length)];
		}

	}

}
