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

package io.github.atmosphererelay.door.raw;

import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.function.BiConsumer;
import java.util.function.Supplier;

import io.github.atmosphererelay.broadcast.BroadcastStatistics;
import io.github.atmosphererelay.broadcast.ErrorCode;
import io.github.atmosphererelay.broadcast.RequestRefusedException;
import io.github.atmosphererelay.door.ClientLimits.Admission;
import io.github.atmosphererelay.door.ClientProof;
import io.github.atmosphererelay.door.TokenChecks;
import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.SessionTransport;
import io.github.atmosphererelay.session.TokenAuthenticator.Authenticated;
import io.github.atmosphererelay.transport.ControlRate;
import org.jspecify.annotations.Nullable;

/**
 * A connection whose client has yet to say who it is, and which is no session before. It
 * has one frame and a few seconds for it, and is closed with whatever else it sends.
 */
final class FirstFrameLogin {

	private final SessionTransport transport;

	private final Admission admission;

	private final TokenChecks tokens;

	private final BroadcastStatistics statistics;

	private final BiConsumer<FirstFrameLogin, Authenticated> next;

	private final ControlRate controlRate = new ControlRate();

	/** Parts of the frame. Of the thread that reads. */
	private @Nullable StringBuilder parts;

	private @Nullable ScheduledFuture<?> deadline;

	private boolean checking;

	private volatile long tokenTakenAt;

	private boolean over;

	/**
	 * Create a log-in.
	 * @param transport closes the connection
	 * @param admission the connection's part of the limits
	 * @param tokens checks the token
	 * @param statistics receives the counts
	 * @param next goes on once it is known who the client is, on a thread that may block
	 */
	FirstFrameLogin(SessionTransport transport, Admission admission, TokenChecks tokens, BroadcastStatistics statistics,
			BiConsumer<FirstFrameLogin, Authenticated> next) {
		this.transport = transport;
		this.admission = admission;
		this.tokens = tokens;
		this.statistics = statistics;
		this.next = next;
	}

	synchronized void start(ScheduledExecutorService scheduler, Guard guard) {
		if (!this.over) {
			this.deadline = guard.later(scheduler, this::expire, this.tokens.timeout());
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
		StringBuilder parts = this.parts;
		int size = part.length() + ((parts != null) ? parts.length() : 0);
		if (size > TokenFrame.MAX_SIZE) {
			this.parts = null;
			refuse(ErrorCode.LIMIT_EXCEEDED, CloseReason.TOO_BIG);
			return;
		}
		if (!last) {
			if (parts == null) {
				parts = new StringBuilder(Math.max(1024, 2 * part.length()));
				this.parts = parts;
			}
			parts.append(part);
			return;
		}
		this.parts = null;
		String token = TokenFrame.token((parts != null) ? parts.append(part).toString() : part);
		if (token == null || !beginCheck()) {
			refuse(ErrorCode.BAD_REQUEST, CloseReason.BAD_REQUEST);
			return;
		}
		this.tokens.checkLater(token).thenAccept((client) -> this.next.accept(this, client)).exceptionally((ex) -> {
			refuse(this.tokens.refusal(ex));
			return null;
		});
	}

	/**
	 * Take a ping or pong.
	 */
	void control() {
		if (!this.controlRate.allows()) {
			refuse(ErrorCode.TOO_MANY_REQUESTS, CloseReason.RATE_LIMIT);
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

	/**
	 * Close the connection because of what its client has sent, or may not have.
	 */
	void refuse(RequestRefusedException refusal) {
		refuse(refusal.code(), reason(refusal.code()));
	}

	private static CloseReason reason(ErrorCode code) {
		return switch (code) {
			case UNAUTHORIZED -> CloseReason.INVALID_TOKEN;
			case TOKEN_EXPIRED -> CloseReason.EXPIRED;
			case INTERNAL -> CloseReason.INTERNAL_ERROR;
			case TOO_MANY_REQUESTS -> CloseReason.TOO_MANY_REQUESTS;
			default -> CloseReason.PERMISSION_DENIED;
		};
	}

	/**
	 * Close the connection, which nothing was written to: the close frame finds room, and
	 * so nobody waits for the client.
	 */
	void refuse(ErrorCode code, CloseReason reason) {
		if (finish()) {
			// Nobody comes back to it: what fails keeps nothing of the rest from being
			// done.
			try {
				this.statistics.countRefused(code);
			}
			finally {
				try {
					this.admission.end();
				}
				finally {
					this.transport.close(reason);
				}
			}
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
			this.admission.end();
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
