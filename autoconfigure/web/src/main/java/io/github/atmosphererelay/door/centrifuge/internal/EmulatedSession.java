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

import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.Executor;

import io.github.atmosphererelay.message.Payload;
import org.jspecify.annotations.Nullable;

/**
 * The way back of a client that receives by an HTTP stream: it sends commands in requests
 * of their own, with a secret that only it knows. Safe for use by many threads.
 */
final class EmulatedSession {

	/** The attribute of a connection that has its commands sent in requests. */
	static final String ATTRIBUTE = EmulatedSession.class.getName();

	private static final SecureRandom RANDOM = new SecureRandom();

	private static final int ID_BYTES = 16;

	private final String id;

	private final @Nullable String user;

	private final String node;

	private final EmulatedSessions sessions;

	private volatile @Nullable CommandOrder order;

	/**
	 * Create the way back of a client.
	 * @param sessions knows it while its session is open
	 * @param node the id of this node
	 * @param user the name of the principal of the request that opens the stream, or
	 * {@code null}
	 */
	EmulatedSession(EmulatedSessions sessions, String node, @Nullable String user) {
		byte[] random = new byte[ID_BYTES];
		RANDOM.nextBytes(random);
		this.id = HexFormat.of().formatHex(random);
		this.sessions = sessions;
		this.node = node;
		this.user = user;
	}

	/**
	 * Return the secret of 128 bits.
	 */
	String id() {
		return this.id;
	}

	String node() {
		return this.node;
	}

	@Nullable String user() {
		return this.user;
	}

	/**
	 * Take commands from now on.
	 * @param connect the number of the command that has opened the connection
	 * @param connection carries them out
	 */
	void open(long connect, Connection connection) {
		CommandOrder order = this.sessions.newOrder(connection::emulated);
		order.beginAfter(connect);
		this.order = order;
		this.sessions.add(this);
	}

	/**
	 * Take no more commands. Those that wait are forgotten with this object.
	 */
	void close() {
		this.sessions.remove(this);
	}

	/**
	 * Take the commands of a request.
	 * @param text the commands, one on a line
	 * @param commands the same, or an empty list if they cannot be read
	 * @param executor carries them out
	 * @return whether there was room for them
	 */
	boolean offer(String text, List<Command> commands, Executor executor) {
		CommandOrder order = this.order;
		long first = 0;
		long last = 0;
		for (Command command : commands) {
			if (command.id() > 0) {
				first = (first == 0) ? command.id() : first;
				last = command.id();
			}
		}
		return order != null && order.add(first, last, text, executor);
	}

	/**
	 * Return the commands as the connection receives them.
	 */
	static List<Command> read(Codec codec, String text) {
		try {
			return codec.decode(Payload.text(text));
		}
		catch (MalformedCommandException ex) {
			// The connection finds that out too, and ends
			return List.of();
		}
	}

}
