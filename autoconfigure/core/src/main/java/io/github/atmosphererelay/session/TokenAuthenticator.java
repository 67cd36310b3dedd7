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

package io.github.atmosphererelay.session;

import java.security.Principal;
import java.time.Instant;
import java.util.Objects;

import io.github.atmosphererelay.session.internal.InvalidTokenException;
import org.jspecify.annotations.Nullable;

/**
 * Finds out who a client is by the token that it has sent. A bean of this type takes the
 * place of the one that asks the application's {@code JwtDecoder}.
 */
@FunctionalInterface
public interface TokenAuthenticator {

	/**
	 * Check a token. Called by several threads at a time, which it may block, for example
	 * to fetch keys; other clients that have sent tokens may have to wait for it.
	 * @param token the token as the client has sent it, not empty
	 * @return who the client is
	 * @throws InvalidTokenException if the token proves nothing; every other exception
	 * counts as an error of this node
	 */
	Authenticated authenticate(String token);

	/**
	 * Who a client is.
	 *
	 * @param principal the client's principal
	 * @param expiresAt when the proof of that expires, and with it the client's session,
	 * or {@code null} if it does not
	 */
	record Authenticated(Principal principal, @Nullable Instant expiresAt) {

		public Authenticated {
			Objects.requireNonNull(principal, "'principal' must not be null");
		}

		/**
		 * Return whether the proof has expired, by this node's clock.
		 * @return whether it is worth nothing any more
		 */
		public boolean isExpired() {
			return this.expiresAt != null && !this.expiresAt.isAfter(Instant.now());
		}

	}

}
