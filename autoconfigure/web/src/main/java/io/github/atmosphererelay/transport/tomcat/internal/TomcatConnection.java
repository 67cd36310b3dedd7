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

package io.github.atmosphererelay.transport.tomcat.internal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;

import io.github.atmosphererelay.guard.internal.RateLimitedLog;
import io.github.atmosphererelay.transport.internal.ControlRate;
import jakarta.servlet.http.WebConnection;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.apache.coyote.http11.upgrade.InternalHttpUpgradeHandler;
import org.apache.coyote.http11.upgrade.UpgradeInfo;
import org.apache.tomcat.util.net.AbstractEndpoint.Handler.SocketState;
import org.apache.tomcat.util.net.SSLSupport;
import org.apache.tomcat.util.net.SocketEvent;
import org.apache.tomcat.util.net.SocketWrapperBase;
import org.jspecify.annotations.Nullable;

import org.springframework.web.socket.BinaryMessage;
import org.springframework.web.socket.CloseStatus;
import org.springframework.web.socket.PingMessage;
import org.springframework.web.socket.PongMessage;
import org.springframework.web.socket.TextMessage;
import org.springframework.web.socket.WebSocketMessage;

/**
 * A connection that was upgraded to WebSocket. Tomcat creates it, and calls it when the
 * socket can be read or written, on one thread at a time, which it never blocks.
 */
public final class TomcatConnection implements InternalHttpUpgradeHandler {

	private static final Log logger = LogFactory.getLog(TomcatConnection.class);

	private static final RateLimitedLog failureLog = new RateLimitedLog(logger, Duration.ofSeconds(10));

	/**
	 * The time that a client may take to answer the server's close frame, or to read the
	 * answer to its own.
	 */
	private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);

	/**
	 * The number of bytes that are read from a client in one turn, so that a client that
	 * sends without pause does not keep the thread from other clients.
	 */
	private static final int TURN = 64 * 1024;

	/** Parts of messages below this size are counted after the close. */
	private static final int SMALL_PART = 64;

	/**
	 * The number of pings, pongs and small parts that are discarded after the close
	 * before the connection is cut.
	 */
	private static final int MAX_LATE_FRAMES = 1000;

	private static final ReadBuffers BUFFERS = new ReadBuffers();

	private final AtomicBoolean ended = new AtomicBoolean();

	private final FrameDecoder decoder = new FrameDecoder(new Receiver());

	private @Nullable Handshake handshake;

	private @Nullable TomcatSocket socket;

	private @Nullable SocketOutput output;

	private @Nullable TomcatSession session;

	/**
	 * When the server's close frame was sent, in {@code System.nanoTime()}; 0 if none was
	 * sent.
	 */
	private volatile long closedAt;

	/**
	 * Whether the client has violated the protocol, so that its bytes cannot be decoded
	 * any more.
	 */
	private boolean undecodable;

	/** Whether the client has closed, and earlier frames have yet to be sent. */
	private volatile boolean clientClosed;

	/** Called if this version of Tomcat is not supported. */
	private @Nullable Runnable unsupported;

	private int lateFrames;

	/**
	 * Whether Tomcat has to close the socket at the end of the present or the next call.
	 */
	private volatile boolean closeRequested;

	private @Nullable ClassLoader classLoader;

	/**
	 * Called by Tomcat, which requires a public constructor.
	 */
	public TomcatConnection() {
	}

	/**
	 * Set the handshake's result, before Tomcat initializes the connection.
	 */
	void prepare(Handshake handshake) {
		this.handshake = handshake;
		// The application's class loader, which message handlers expect
		this.classLoader = Thread.currentThread().getContextClassLoader();
	}

	@Override
	public void setSocketWrapper(SocketWrapperBase<?> wrapper) {
		this.socket = new TomcatSocket(wrapper);
	}

	@Override
	public void init(WebConnection connection) {
		Handshake handshake = Objects.requireNonNull(this.handshake, "The handshake is missing");
		this.unsupported = handshake.unsupported();
		try {
			open(handshake);
		}
		catch (LinkageError ex) {
			unlinked(ex);
			throw ex;
		}
	}

	private void open(Handshake handshake) {
		TomcatSocket socket = socket();
		WritableByteChannel channel = socket.channel();
		if (channel == null) {
			handshake.unsupported().run();
			throw new IllegalStateException("The sockets of this connector cannot be written to directly, so the"
					+ " connection was closed. Clients that connect from now on are served by Tomcat's own WebSocket."
					+ " To use it from the start, set 'atmosphere.websocket.direct-io' to false");
		}
		SocketOutput output = new SocketOutput(channel, socket::awaitWritable);
		TomcatSession session = new TomcatSession(this, new TomcatTransport(this, output), handshake);
		this.output = output;
		this.session = session;
		this.handshake = null;
		Thread thread = Thread.currentThread();
		ClassLoader containers = thread.getContextClassLoader();
		thread.setContextClassLoader(this.classLoader);
		try {
			// The answer to the handshake must be sent before a writer writes
			socket.flushAnswer();
			established(session);
		}
		catch (Exception ex) {
			failed(ex);
		}
		finally {
			thread.setContextClassLoader(containers);
		}
	}

	/**
	 * Tell the handler that the connection is open. A LinkageError from here is one of
	 * the application's code, and no sign of an unsupported Tomcat.
	 */
	private void established(TomcatSession session) throws Exception {
		try {
			session.handler().afterConnectionEstablished(session);
		}
		catch (LinkageError ex) {
			failed(ex);
		}
	}

	private TomcatSocket socket() {
		return Objects.requireNonNull(this.socket, "The socket is missing");
	}

	private SocketOutput output() {
		return Objects.requireNonNull(this.output, "Not initialized");
	}

	private TomcatSession session() {
		return Objects.requireNonNull(this.session, "Not initialized");
	}

	boolean isOpen() {
		return !this.ended.get();
	}

	@Override
	public SocketState upgradeDispatch(SocketEvent event) {
		if (this.session == null) {
			return SocketState.CLOSED;
		}
		Thread thread = Thread.currentThread();
		ClassLoader containers = thread.getContextClassLoader();
		thread.setContextClassLoader(this.classLoader);
		try {
			return dispatch(event);
		}
		finally {
			thread.setContextClassLoader(containers);
		}
	}

	private SocketState dispatch(SocketEvent event) {
		try {
			switch (event) {
				case OPEN_READ -> read();
				case OPEN_WRITE -> {
					output().writable();
					if (this.clientClosed && output().isEmpty()) {
						this.closeRequested = true;
					}
				}
				case STOP -> {
					close(CloseCodes.GOING_AWAY, "the server stops");
					this.closeRequested = true;
				}
				default -> gone();
			}
		}
		catch (ProtocolException ex) {
			this.undecodable = true;
			close(ex.code(), String.valueOf(ex.getMessage()));
		}
		catch (IOException ex) {
			logger.trace("A client has disconnected", ex);
			gone();
		}
		catch (LinkageError ex) {
			unlinked(ex);
			gone();
		}
		catch (RuntimeException | Error ex) {
			// Otherwise Tomcat would forget the connection without its session being told
			failureLog.error("A connection has failed unexpectedly and is closed", ex);
			gone();
		}
		return (this.closeRequested || socket().isClosed()) ? SocketState.CLOSED : SocketState.UPGRADED;
	}

	/**
	 * Have clients that connect from now on served by Tomcat's own WebSocket. The classes
	 * that are called here are internal to Tomcat, and an update of Tomcat may have
	 * changed them.
	 */
	private void unlinked(LinkageError ex) {
		Runnable unsupported = this.unsupported;
		if (unsupported != null) {
			unsupported.run();
			failureLog.error("The internal classes of " + TomcatUpgradeStrategy.version() + " have changed, so its"
					+ " sockets cannot be used directly, and a connection was closed. Clients that connect from now on"
					+ " are served by Tomcat's own WebSocket. To use it from the start, set"
					+ " 'atmosphere.websocket.direct-io' to false", ex);
		}
	}

	private void gone() {
		this.closeRequested = true;
		output().discard();
		end(CloseCodes.ABNORMAL, "");
	}

	private void read() throws IOException {
		TomcatSocket socket = socket();
		ByteBuffer buffer = BUFFERS.borrow();
		try {
			int turn = 0;
			while (!this.closeRequested) {
				int length = socket.read(buffer.clear());
				if (length < 0 || isOverdue()) {
					throw new IOException("The client has closed the connection");
				}
				if (length == 0) {
					return;
				}
				boolean filled = !buffer.hasRemaining();
				if (!this.undecodable) {
					this.decoder.decode(buffer.flip());
				}
				turn += length;
				if (turn >= TURN) {
					if (filled) {
						socket.readAgain();
					}
					return;
				}
			}
		}
		finally {
			BUFFERS.giveBack(buffer);
		}
	}

	private boolean isOverdue() {
		long since = this.closedAt;
		return since != 0 && System.nanoTime() - since > CLOSE_TIMEOUT.toNanos();
	}

	/**
	 * Close with a close frame, so that the client learns the reason. It has a few
	 * seconds to answer, and what it sends in that time is discarded. May be called by
	 * any thread; does not block.
	 */
	void close(int code, String reason) {
		try {
			if (output().close(Frames.close(code, reason))) {
				awaitEnd();
			}
			else if (output().isBroken()) {
				cut();
			}
		}
		catch (RuntimeException | Error ex) {
			logger.debug("A connection could not be closed with a close frame and is cut", ex);
			cut();
		}
		finally {
			end(code, reason);
		}
	}

	/**
	 * Make Tomcat end the connection if nothing arrives for some seconds.
	 */
	private void awaitEnd() {
		long now = System.nanoTime();
		this.closedAt = (now != 0) ? now : 1;
		socket().endAfter(CLOSE_TIMEOUT);
	}

	/**
	 * Cut the connection, without sending what is still kept.
	 */
	private void cut() {
		this.closeRequested = true;
		output().discard();
		socket().disconnect();
	}

	/**
	 * Close the connection although the client may not read. May be called by any thread;
	 * does not block.
	 */
	void abort(int code, String reason) {
		if (output().isEmpty()) {
			close(code, reason);
		}
		else if (this.clientClosed) {
			// The kept bytes are sent or discarded soon, and the session has ended
			end(code, reason);
		}
		else {
			end(code, reason);
			cut();
		}
	}

	private void end(int code, String reason) {
		if (this.ended.compareAndSet(false, true)) {
			try {
				session().handler().afterConnectionClosed(session(), new CloseStatus(code, reason));
			}
			catch (LinkageError ex) {
				// A LinkageError of the application's code is no sign of an unsupported
				// Tomcat
				failureLog.error("A handler failed at the end of a session", ex);
			}
			catch (Exception ex) {
				logger.debug("A handler failed at the end of a session", ex);
			}
		}
	}

	private void failed(Throwable ex) {
		if (ex instanceof Error) {
			failureLog.error("A handler has failed with an Error, and its connection is closed", ex);
		}
		else {
			logger.debug("A handler failed", ex);
		}
		close(CloseCodes.SERVER_ERROR, "the server has failed");
	}

	@Override
	public void destroy() {
		if (this.session != null) {
			end(CloseCodes.ABNORMAL, "");
		}
	}

	@Override
	public @Nullable UpgradeInfo getUpgradeInfo() {
		return null;
	}

	@Override
	public void setSslSupport(SSLSupport sslSupport) {
		// These sockets have no TLS
	}

	@Override
	public void pause() {
		// The node disconnects its clients before the connector pauses
	}

	@Override
	public void timeoutAsync(long now) {
		// The session's own pings have deadlines
	}

	/**
	 * Passes the client's frames to the handler.
	 */
	private final class Receiver implements FrameListener {

		private final ControlRate answerRate = new ControlRate();

		@Override
		public void text(String part, boolean last) {
			handle(new TextMessage(part, last), part.length());
		}

		@Override
		public void binary(ByteBuffer part, boolean last) {
			handle(new BinaryMessage(part, last), part.remaining());
		}

		@Override
		public void pong(byte[] data) {
			handle(new PongMessage(ByteBuffer.wrap(data)), 0);
		}

		private void handle(WebSocketMessage<?> message, int size) {
			if (!isOpen()) {
				late(size);
				return;
			}
			try {
				session().handler().handleMessage(session(), message);
			}
			catch (Exception | LinkageError ex) {
				failed(ex);
			}
		}

		/**
		 * Count frames after the close, because a client could send any number of them
		 * until the connection ends.
		 */
		private void late(int size) {
			if (size < SMALL_PART && ++TomcatConnection.this.lateFrames > MAX_LATE_FRAMES) {
				TomcatConnection.this.closeRequested = true;
			}
		}

		@Override
		public void ping(byte[] data) {
			// The handler counts pings, and closes a client that sends too many
			handle(new PingMessage(ByteBuffer.wrap(data)), 0);
			if (!isOpen() || !this.answerRate.allows()) {
				return;
			}
			try {
				output().pong(data);
			}
			catch (IOException ex) {
				logger.trace("A client has disconnected", ex);
			}
		}

		@Override
		public void close(int code, String reason) {
			boolean answered = output().close(Frames.close(code, ""));
			if (output().isEmpty() || output().isBroken()) {
				TomcatConnection.this.closeRequested = true;
			}
			else {
				TomcatConnection.this.clientClosed = true;
				if (answered) {
					awaitEnd();
				}
				if (output().isEmpty()) {
					// The rest was sent before clientClosed was set, so writable() did
					// not end
					// the connection
					TomcatConnection.this.closeRequested = true;
				}
			}
			end(code, reason);
		}

	}

}
