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

import java.security.Principal;
import java.util.concurrent.CompletableFuture;

import io.github.atmosphererelay.session.TokenAuthenticator;
import io.github.atmosphererelay.session.TokenAuthenticator.Authenticated;
import org.jspecify.annotations.Nullable;

/**
 * A {@link TokenAuthenticator} some of whose tokens are checked by another node. No
 * thread waits for that node. Safe for use by many threads.
 */
public interface RemoteTokens extends TokenAuthenticator {

	/**
	 * Return whether another node checks a token.
	 * @param token the token
	 * @return whether {@link #authenticateLater} takes it
	 */
	boolean isRemote(String token);

	/**
	 * Check a token at another node. Does not block.
	 * @param token a token that another node checks
	 * @param handshake the principal of the client's handshake, who must be the token's
	 * user, or {@code null} if the token alone decides
	 * @return completes in bounded time on any thread, which must not be blocked; fails
	 * with {@link io.github.atmosphererelay.session.InvalidTokenException}, or with
	 * {@link io.github.atmosphererelay.refusal.RequestRefusedException} if the client may
	 * try again
	 */
	CompletableFuture<Authenticated> authenticateLater(String token, @Nullable Principal handshake);

}
