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
import java.util.concurrent.CompletionException;

import io.github.atmosphererelay.routing.internal.RoutingService;
import io.github.atmosphererelay.routing.internal.TicketOffice;
import io.github.atmosphererelay.session.InvalidTokenException;
import io.github.atmosphererelay.session.TokenAuthenticator;
import org.jspecify.annotations.Nullable;

/**
 * Lets in clients that send a ticket of a node as their token. All other tokens go to the
 * application's authenticator.
 */
public final class TicketAuthenticator implements TokenAuthenticator {

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
		if (!TicketOffice.isTicket(token)) {
			if (this.application == null) {
				throw new InvalidTokenException("This node takes no tokens but tickets", null);
			}
			return this.application.authenticate(token);
		}
		TicketOffice.Holder holder;
		try {
			holder = this.routing.tickets().redeem(token).join();
		}
		catch (CompletionException ex) {
			// Nobody else can tell whether the ticket is valid
			throw new InvalidTokenException("The node that has issued the ticket does not answer", ex);
		}
		if (holder == null) {
			throw new InvalidTokenException(
					"The ticket was used, is older than 30 s, was never issued, or too many tickets of its node are checked now",
					null);
		}
		Principal principal = this.principals.principal(holder.user(), holder.authorities());
		if (!this.routing.tickets().admit(token, principal)) {
			throw new InvalidTokenException("The HTTP session within which the ticket was issued has ended", null);
		}
		return new Authenticated(principal, holder.expiresAt());
	}

}
