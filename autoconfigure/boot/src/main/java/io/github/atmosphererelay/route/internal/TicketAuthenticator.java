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

package io.github.atmosphererelay.route.internal;

import java.security.Principal;
import java.util.concurrent.CompletableFuture;

import io.github.atmosphererelay.door.internal.RemoteTokens;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import io.github.atmosphererelay.routing.internal.RoutingService;
import io.github.atmosphererelay.routing.internal.TicketOffice;
import io.github.atmosphererelay.session.InvalidTokenException;
import io.github.atmosphererelay.session.TokenAuthenticator;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Lets in clients that send a ticket of a node as their token. All other tokens go to the
 * application's authenticator.
 */
public final class TicketAuthenticator implements RemoteTokens {

	private static final Log logger = LogFactory.getLog(TicketAuthenticator.class);

	private final RoutingService routing;

	private final TicketPrincipals principals;

	private final @Nullable TokenAuthenticator application;

	/**
	 * Create an authenticator.
	 * @param routing redeems tickets
	 * @param principals makes the principals of their holders
	 * @param application checks all other tokens, or {@code null}
	 */
	public TicketAuthenticator(RoutingService routing, TicketPrincipals principals,
			@Nullable TokenAuthenticator application) {
		this.routing = routing;
		this.principals = principals;
		this.application = application;
	}

	@Override
	public Authenticated authenticate(String token) {
		if (this.application == null) {
			throw new InvalidTokenException("This node takes no tokens but tickets", null);
		}
		return this.application.authenticate(token);
	}

	@Override
	public boolean isRemote(String token) {
		return TicketOffice.isTicket(token);
	}

	@Override
	public CompletableFuture<Authenticated> authenticateLater(String token, @Nullable Principal handshake) {
		return this.routing.tickets().redeem(token).handle((holder, failure) -> {
			if (failure != null) {
				logger.debug("A ticket could not be checked, and its client may try again", failure);
				throw new RequestRefusedException(ErrorCode.TOO_MANY_REQUESTS, "the ticket could not be checked");
			}
			if (holder == null) {
				throw new InvalidTokenException("The ticket was used, is older than 30 s, or was never issued", null);
			}
			return admit(token, holder, handshake);
		});
	}

	/**
	 * A ticket of another user than the one whom the client's own log-in names was stolen
	 * or mixed up.
	 */
	private Authenticated admit(String token, TicketOffice.Holder holder, @Nullable Principal handshake) {
		if (handshake != null && handshake.getName() != null && !handshake.getName().equals(holder.user())) {
			this.routing.tickets().refusedOtherUser();
			throw new InvalidTokenException("The ticket is of another user than the handshake", null);
		}
		Principal principal = this.principals.principal(holder.user(), holder.authorities());
		if (!this.routing.tickets().admit(token, principal)) {
			throw new InvalidTokenException("The HTTP session within which the ticket was issued has ended", null);
		}
		return new Authenticated(principal, holder.expiresAt());
	}

}
