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

package io.github.atmosphererelay.door.raw.internal;

import java.security.Principal;
import java.util.concurrent.ScheduledFuture;
import java.util.function.BiConsumer;
import java.util.function.Supplier;

import io.github.atmosphererelay.door.internal.Arrival;
import io.github.atmosphererelay.door.internal.ClientProof;
import io.github.atmosphererelay.door.internal.MessageAssembler;
import io.github.atmosphererelay.door.internal.RefusedMessageException;
import io.github.atmosphererelay.door.internal.TokenChecker;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.guard.internal.Timers;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.TokenAuthenticator.Authenticated;
import org.jspecify.annotations.Nullable;

/**
 * A connection whose client has yet to say who it is, and which is no session before. It
 * has one frame and a few seconds for it, and is closed with whatever else it sends.
 */
final class FirstFrameLogin {

	private final Arrival arrival;

	private final TokenChecker tokens;

	private final @Nullable Principal handshake;

	private final BiConsumer<FirstFrameLogin, Authenticated> next;

	private final MessageAssembler incoming = new MessageAssembler(TokenFrame.MAX_SIZE);

	private @Nullable ScheduledFuture<?> deadline;

	private boolean checking;

	private volatile long tokenTakenAt;

	private boolean over;

	/**
	 * Create a log-in.
	 * @param arrival the connection
	 * @param tokens checks the token
	 * @param handshake the principal of the handshake, or {@code null}
	 * @param next goes on once it is known who the client is, on a thread that may block
	 */
	FirstFrameLogin(Arrival arrival, TokenChecker tokens, @Nullable Principal handshake,
			BiConsumer<FirstFrameLogin, Authenticated> next) {
		this.arrival = arrival;
		this.handshake = handshake;
		this.tokens = tokens;
		this.next = next;
	}

	synchronized void start(Timers timers) {
		if (!this.over) {
			this.deadline = timers.later(Part.CLIENT_TIMERS, this::expire, this.tokens.timeout());
		}
	}

	private void expire() {
		synchronized (this) {
			if (this.checking) {
				return;
			}
		}
		refuse(ErrorCode.UNAUTHORIZED, CloseReason.STALE);
	}

	/**
	 * Take a part of a text message.
	 */
	void text(String part, boolean last) {
		Payload frame;
		try {
			frame = this.incoming.text(part, last);
		}
		catch (RefusedMessageException ex) {
			refuse(ex.code(), ex.reason());
			return;
		}
		if (frame == null) {
			return;
		}
		String token = TokenFrame.token(frame);
		if (token == null || !beginCheck()) {
			refuse(ErrorCode.BAD_REQUEST, CloseReason.BAD_REQUEST);
			return;
		}
		this.tokens.checkLater(token, this.handshake)
			.thenAccept((client) -> this.next.accept(this, client))
			.exceptionally((ex) -> {
				refuse(this.tokens.refusal(ex));
				return null;
			});
	}

	/**
	 * Take a ping or pong.
	 */
	void control() {
		try {
			this.incoming.checkControlRate();
		}
		catch (RefusedMessageException ex) {
			refuse(ex.code(), ex.reason());
		}
	}

	/**
	 * Take what cannot be the frame.
	 */
	void other() {
		refuse(ErrorCode.BAD_REQUEST, CloseReason.BAD_REQUEST);
	}

	private synchronized boolean beginCheck() {
		if (this.checking || this.over) {
			return false;
		}
		this.checking = true;
		this.tokenTakenAt = System.nanoTime();
		cancelDeadline();
		return true;
	}

	private void cancelDeadline() {
		if (this.deadline != null) {
			this.deadline.cancel(false);
			this.deadline = null;
		}
	}

	/**
	 * Return what the client has shown by its token.
	 */
	ClientProof proof(Authenticated client) {
		return ClientProof.of(client, this.tokenTakenAt);
	}

	private void refuse(RequestRefusedException refusal) {
		refuse(refusal.code(), TokenChecker.closeReason(refusal));
	}

	/**
	 * Close the connection because of what its client has sent, or may not have.
	 */
	void refuse(ErrorCode code, CloseReason reason) {
		if (finish()) {
			this.arrival.refuse(code, reason);
		}
	}

	/**
	 * Become a session, unless the connection is gone meanwhile.
	 * @param action what makes the session known, so that the connection's end finds it
	 * @return what the action returns, or {@code null} if the connection is gone
	 */
	synchronized <T> @Nullable T succeed(Supplier<T> action) {
		return finish() ? action.get() : null;
	}

	/**
	 * The connection is gone.
	 */
	void closed() {
		if (finish()) {
			this.arrival.gone();
		}
	}

	private synchronized boolean finish() {
		if (this.over) {
			return false;
		}
		this.over = true;
		cancelDeadline();
		return true;
	}

}
