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

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.locks.ReentrantLock;

import io.github.atmosphererelay.door.internal.Arrival;
import io.github.atmosphererelay.door.internal.Arrival.SessionEnd;
import io.github.atmosphererelay.door.internal.ClientProof;
import io.github.atmosphererelay.door.internal.MessageAssembler;
import io.github.atmosphererelay.door.internal.RefusedMessageException;
import io.github.atmosphererelay.door.internal.TokenChecker;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.session.internal.OutboundMessage;
import io.github.atmosphererelay.transport.internal.Inbound;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * A client's connection, from before it is known who the client is. Commands are carried
 * out one after the other and in order, on the thread that reads them or, while a token
 * is checked, on the thread that has checked it.
 */
final class Connection implements Inbound {

	private static final Log logger = LogFactory.getLog(Connection.class);

	/** After which time to look again at a client that just sends something. */
	private static final Duration BUSY = Duration.ofMillis(100);

	private final CentrifugeDoor door;

	private final Arrival arrival;

	private final CentrifugeTransport transport;

	private final MessageAssembler incoming;

	/** {@code null} if the client sends commands over its connection. */
	private final @Nullable EmulatedSession emulated;

	private final ReentrantLock lock = new ReentrantLock();

	/** What came while the token was checked, and how much of it. */
	private final List<Command> waiting = new ArrayList<>(0);

	private int waitingBytes;

	private State state = State.NEW;

	private volatile @Nullable Client client;

	private @Nullable ScheduledFuture<?> deadline;

	Connection(CentrifugeDoor door, Arrival arrival) {
		this.door = door;
		this.arrival = arrival;
		this.transport = new CentrifugeTransport(arrival.transport(), door.codec());
		this.incoming = new MessageAssembler(door.settings());
		this.emulated = (EmulatedSession) arrival.attributes().get(EmulatedSession.ATTRIBUTE);
	}

	@Override
	public void opened() {
		start();
	}

	/**
	 * Give the client some time to say who it is.
	 */
	private void start() {
		this.lock.lock();
		try {
			if (this.state == State.NEW) {
				this.deadline = expireAfter(this.door.tokens().timeout());
			}
		}
		finally {
			this.lock.unlock();
		}
	}

	private ScheduledFuture<?> expireAfter(Duration time) {
		return this.door.timers().later(Part.CLIENT_TIMERS, this::expire, time);
	}

	private void expire() {
		if (!this.lock.tryLock()) {
			// The scheduler does not wait for whoever reads from the client now
			expireAfter(BUSY);
			return;
		}
		try {
			if (this.state != State.NEW) {
				return;
			}
		}
		finally {
			this.lock.unlock();
		}
		fail(ErrorCode.UNAUTHORIZED, CloseReason.STALE);
	}

	@Override
	public void text(String part, boolean last) {
		Client client = this.client;
		if (client != null) {
			client.session().heard();
		}
		try {
			Payload frame = this.incoming.text(part, last);
			if (frame != null) {
				take(this.door.codec().decode(frame), frame.size());
			}
		}
		catch (RefusedMessageException ex) {
			refuse(ex);
		}
		catch (MalformedCommandException ex) {
			logger.debug("A client has sent something that is not of the protocol", ex);
			fail(ErrorCode.BAD_REQUEST, CloseReason.BAD_REQUEST);
		}
	}

	/**
	 * Take commands that the client has sent in a request of their own. Called by one
	 * thread at a time.
	 */
	void emulated(String commands) {
		try {
			text(commands, true);
		}
		catch (RuntimeException | Error ex) {
			logger.warn("A client's commands could not be carried out; its connection ends", ex);
			fail(ErrorCode.INTERNAL, CloseReason.INTERNAL_ERROR);
		}
	}

	@Override
	public void binary(ByteBuffer part, boolean last) {
		fail(ErrorCode.BAD_REQUEST, CloseReason.BAD_REQUEST);
	}

	@Override
	public void ping() {
		control();
	}

	@Override
	public void pong(ByteBuffer payload) {
		control();
	}

	/**
	 * Take a ping or pong of WebSocket itself, which tells nothing here: the protocol has
	 * its own.
	 */
	private void control() {
		try {
			this.incoming.checkControlRate();
		}
		catch (RefusedMessageException ex) {
			refuse(ex);
		}
	}

	private void refuse(RefusedMessageException refusal) {
		fail(refusal.code(), refusal.reason());
	}

	private void take(List<Command> commands, int size) {
		for (int i = 1; i < commands.size(); i++) {
			this.incoming.checkRate();
		}
		this.lock.lock();
		try {
			if (this.state == State.AUTHENTICATING) {
				this.waitingBytes += size;
				if (this.waitingBytes > this.door.settings().maxMessageSize()) {
					fail(ErrorCode.TOO_MANY_REQUESTS, CloseReason.TOO_MANY_REQUESTS);
				}
			}
			for (Command command : commands) {
				take(command);
			}
		}
		finally {
			this.lock.unlock();
		}
	}

	private void take(Command command) {
		switch (this.state) {
			case NEW -> {
				if (command instanceof Command.Connect connect) {
					connect(connect);
				}
				else {
					fail(ErrorCode.BAD_REQUEST, CloseReason.BAD_REQUEST);
				}
			}
			case AUTHENTICATING -> this.waiting.add(command);
			case CONNECTED -> execute(command);
			case CLOSED -> {
			}
		}
	}

	private void execute(Command command) {
		Client client = this.client;
		if (client == null || !client.session().isOpen()) {
			return;
		}
		if (command instanceof Command.Connect || (command instanceof Command.Pong && !this.transport.pong())) {
			fail(ErrorCode.BAD_REQUEST, CloseReason.BAD_REQUEST);
			return;
		}
		if (!(command instanceof Command.Pong || command instanceof Command.Ping)) {
			this.door.httpSessions().used(client.session());
		}
		this.door.requests().execute(client, command);
	}

	private void connect(Command.Connect command) {
		if (command.token().isEmpty()) {
			enter(command, this.arrival.takeProof());
			return;
		}
		if (!this.door.tokens().isEnabled()) {
			fail(ErrorCode.UNAUTHORIZED, CloseReason.INVALID_TOKEN);
			return;
		}
		this.state = State.AUTHENTICATING;
		long takenAt = System.nanoTime();
		this.door.tokens()
			.checkLater(command.token(), this.arrival.handshakePrincipal())
			.whenComplete((client, ex) -> authenticated(command,
					(client != null) ? ClientProof.of(client, takenAt) : null, ex));
	}

	private void authenticated(Command.Connect command, @Nullable ClientProof proof, @Nullable Throwable failure) {
		this.lock.lock();
		try {
			if (this.state != State.AUTHENTICATING) {
				return;
			}
			if (proof == null) {
				refuse(command, this.door.tokens().refusal((failure != null) ? failure : new IllegalStateException()));
				return;
			}
			enter(command, proof);
			List<Command> waiting = List.copyOf(this.waiting);
			this.waiting.clear();
			waiting.forEach(this::take);
		}
		finally {
			this.lock.unlock();
		}
	}

	private void refuse(Command.Connect command, RequestRefusedException refusal) {
		if (refusal.code() == ErrorCode.TOKEN_EXPIRED) {
			// It gets another one and tries again; a close code would not tell it to.
			this.door.replies().countRefused(refusal.code());
			this.waiting.clear();
			this.waitingBytes = 0;
			this.state = State.NEW;
			start();
			write(this.door.codec().encode(command.id(), refusal.code(), refusal.reason()));
			return;
		}
		fail(refusal.code(), TokenChecker.closeReason(refusal));
	}

	/**
	 * Write to a socket that has no session, and so no writer, yet. It has room: nothing
	 * or next to nothing was written to it before.
	 */
	private void write(Payload payload) {
		try {
			this.transport.write(OutboundMessage.frame(payload));
			this.transport.flush(() -> {
			});
		}
		catch (IOException | RuntimeException ex) {
			logger.debug("A client that was refused is gone", ex);
		}
	}

	private void enter(Command.Connect command, ClientProof proof) {
		if (!this.arrival.identify(proof.principal())) {
			fail(ErrorCode.LIMIT_EXCEEDED, CloseReason.CONNECTION_LIMIT);
			return;
		}
		cancelDeadline();
		this.state = State.CONNECTED;
		LocalSession session = open(command, proof);
		session.pingAlways();
		Client client = this.door.requests().client(session, this.arrival.admission());
		this.client = client;
		try {
			this.door.requests().enter(client, command, proof.expiresAt(), this.emulated);
		}
		catch (RequestRefusedException ex) {
			fail(ex.code(),
					(ex.code() == ErrorCode.INTERNAL) ? CloseReason.INTERNAL_ERROR : CloseReason.PERMISSION_DENIED);
		}
	}

	private LocalSession open(Command.Connect command, ClientProof proof) {
		EmulatedSession emulated = this.emulated;
		if (emulated == null) {
			return this.arrival.open(proof, this.transport, SessionEnd.NOTHING);
		}
		LocalSession session = this.arrival.open(proof, this.transport, new SessionEnd() {

			@Override
			public void ended(LocalSession session) {
				emulated.close();
			}

		});
		emulated.open(command.id(), this);
		if (!session.isOpen()) {
			emulated.close();
		}
		return session;
	}

	/**
	 * Close the connection because of what its client has done. What waits for the client
	 * is not written any more.
	 */
	void fail(ErrorCode code, CloseReason reason) {
		Client client;
		this.lock.lock();
		try {
			if (this.state == State.CLOSED) {
				return;
			}
			this.state = State.CLOSED;
			this.waiting.clear();
			cancelDeadline();
			client = this.client;
		}
		finally {
			this.lock.unlock();
		}
		if (client == null) {
			this.arrival.refuse(code, Disconnects.of(reason));
		}
		else if (client.session().isOpen()) {
			try {
				this.door.replies().countRefused(code);
			}
			finally {
				client.session().terminate(reason);
			}
		}
	}

	@Override
	public void closed(int code, @Nullable String reason) {
		Client client;
		this.lock.lock();
		try {
			this.state = State.CLOSED;
			this.waiting.clear();
			cancelDeadline();
			client = this.client;
		}
		finally {
			this.lock.unlock();
		}
		if (client == null) {
			this.arrival.gone();
		}
		else {
			client.session().ended(code, reason);
		}
	}

	private void cancelDeadline() {
		if (this.deadline != null) {
			this.deadline.cancel(false);
			this.deadline = null;
		}
	}

	@Override
	public String toString() {
		return String.valueOf(this.client);
	}

	/**
	 * How far a connection has come.
	 */
	private enum State {

		/** The client has not said who it is. */
		NEW,

		/** Its token is being checked. */
		AUTHENTICATING,

		/** It has a session. */
		CONNECTED,

		/** It is gone, or is being sent away. */
		CLOSED

	}

}
