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

import org.jspecify.annotations.Nullable;

/**
 * Authenticates a client by the token that it has sent. A bean of this type replaces the
 * default one, which uses the application's {@code JwtDecoder}.
 */
@FunctionalInterface
public interface TokenAuthenticator {

	/**
	 * Check a token. Called by several threads at a time. It may block, for example to
	 * fetch keys; meanwhile other clients that have sent tokens may have to wait.
	 * @param token the token as the client has sent it, not empty
	 * @return the client's principal, and when its authentication expires
	 * @throws InvalidTokenException if the token is not valid; any other exception counts
	 * as an error of this node
	 */
	Authenticated authenticate(String token);

	/**
	 * An authenticated client.
	 *
	 * @param principal the client's principal
	 * @param expiresAt when the authentication expires, and with it the client's session,
	 * or {@code null} if it does not expire
	 */
	record Authenticated(Principal principal, @Nullable Instant expiresAt) {

		public Authenticated {
			Objects.requireNonNull(principal, "'principal' must not be null");
		}

		/**
		 * Return whether the authentication has expired, by this node's clock.
		 * @return whether it has expired
		 */
		public boolean isExpired() {
			return this.expiresAt != null && !this.expiresAt.isAfter(Instant.now());
		}

	}

}
