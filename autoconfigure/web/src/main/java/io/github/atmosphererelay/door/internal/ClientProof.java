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
import java.time.Instant;

import io.github.atmosphererelay.session.TokenAuthenticator.Authenticated;
import io.github.atmosphererelay.session.internal.LocalSession;
import jakarta.servlet.http.HttpSession;
import org.jspecify.annotations.Nullable;

/**
 * What a client has shown about who it is, and when.
 *
 * @param principal the client, or {@code null} if it is anonymous
 * @param expiresAt when the proof expires, or {@code null} if it does not
 * @param takenAt when the client was asked for it, by {@link System#nanoTime()}: what
 * happens to the user from then on happens to the client's session, too
 * @param httpSession the HTTP session that shows who the client is, and that the client's
 * session ends with; {@code null} if it is shown otherwise
 */
public record ClientProof(@Nullable Principal principal, @Nullable Instant expiresAt, long takenAt,
		@Nullable HttpSession httpSession) {

	/**
	 * Return what a client has shown by a token.
	 * @param client whom the token shows
	 * @param takenAt when the token came, by {@link System#nanoTime()}
	 * @return the proof
	 */
	public static ClientProof of(Authenticated client, long takenAt) {
		return new ClientProof(client.principal(), client.expiresAt(), takenAt, null);
	}

	/**
	 * Return what a client has shown that has yet to say who it is.
	 * @return a proof of nothing
	 */
	public static ClientProof nothing() {
		return new ClientProof(null, null, System.nanoTime(), null);
	}

	/**
	 * Tell a new session how long it may last.
	 * @param session the client's session
	 */
	public void applyTo(LocalSession session) {
		session.expireAt(this.expiresAt);
		session.authenticatedAt(this.takenAt);
	}

}
