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

package io.github.atmosphererelay.door.internal;

import java.util.function.Consumer;

import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import io.github.atmosphererelay.session.TokenAuthenticator.Authenticated;
import io.github.atmosphererelay.session.internal.LocalSession;
import org.jspecify.annotations.Nullable;

/**
 * Extends one client's session when the client sends a new token before the former one
 * expires. Tokens are checked one at a time. Safe for use by many threads; does not
 * block.
 */
public final class TokenRenewal {

	private final TokenChecker tokens;

	private final LocalSession session;

	private final ErrorCode foreign;

	private State state = State.IDLE;

	/**
	 * The check of a token that arrived while the answer to the former one was being
	 * sent.
	 */
	private @Nullable Runnable next;

	/**
	 * Create a renewal.
	 * @param tokens checks tokens
	 * @param session the client's session
	 * @param foreign the code with which another user's token is refused
	 */
	public TokenRenewal(TokenChecker tokens, LocalSession session, ErrorCode foreign) {
		this.tokens = tokens;
		this.session = session;
		this.foreign = foreign;
	}

	/**
	 * Check a token, and extend the session until the token expires. If a token arrives
	 * while {@code renewed} runs for the former one, it is checked after that, because
	 * its client may already have received the answer.
	 * @param token the token
	 * @param renewed called when the session is extended, on a thread that may block,
	 * before another token is checked; an exception counts as a refusal
	 * @param refused called when the session is not extended, on any thread
	 * @throws RequestRefusedException if another token is being checked
	 */
	public void renew(String token, Consumer<Authenticated> renewed, Consumer<RequestRefusedException> refused) {
		synchronized (this) {
			if (this.state == State.CHECKING || this.next != null) {
				throw new RequestRefusedException(ErrorCode.TOO_MANY_REQUESTS, "a token is being checked");
			}
			if (this.state == State.ANSWERING) {
				this.next = () -> check(token, renewed, refused);
				return;
			}
			this.state = State.CHECKING;
		}
		check(token, renewed, refused);
	}

	private void check(String token, Consumer<Authenticated> renewed, Consumer<RequestRefusedException> refused) {
		this.tokens.checkLater(token).thenAccept((client) -> {
			keep(client);
			answering();
			renewed.accept(client);
		}).whenComplete((nothing, ex) -> {
			Runnable next = answered();
			try {
				if (ex != null) {
					refused.accept(this.tokens.refusal(ex));
				}
			}
			finally {
				if (next != null) {
					next.run();
				}
			}
		});
	}

	private synchronized void answering() {
		this.state = State.ANSWERING;
	}

	private synchronized @Nullable Runnable answered() {
		Runnable next = this.next;
		this.next = null;
		this.state = (next != null) ? State.CHECKING : State.IDLE;
		return next;
	}

	private void keep(Authenticated client) {
		try {
			this.session.renew(client.principal(), client.expiresAt());
		}
		catch (IllegalArgumentException ex) {
			throw new RequestRefusedException(this.foreign,
					(this.session.principal() != null) ? "the token is another user's" : "the session is anonymous");
		}
	}

	/**
	 * The state of the renewal.
	 */
	private enum State {

		/** No token is being processed. */
		IDLE,

		/** A token is being checked. */
		CHECKING,

		/** The session is extended, and the client is being told. */
		ANSWERING

	}

}
