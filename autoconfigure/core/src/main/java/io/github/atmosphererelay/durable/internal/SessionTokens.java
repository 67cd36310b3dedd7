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

package io.github.atmosphererelay.durable.internal;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;

/**
 * Creates tokens, and the keys under which sessions are stored. A token cannot be
 * computed from its key, so somebody who can read the store cannot take over sessions.
 */
final class SessionTokens {

	private static final int BYTES = 24;

	private static final int MAX_LENGTH = 64;

	private static final SecureRandom RANDOM = new SecureRandom();

	private static final Base64.Encoder ENCODER = Base64.getUrlEncoder().withoutPadding();

	private SessionTokens() {
	}

	static String create() {
		byte[] bytes = new byte[BYTES];
		RANDOM.nextBytes(bytes);
		return ENCODER.encodeToString(bytes);
	}

	/**
	 * Return whether a string that a client has sent has the form of a token.
	 */
	static boolean isPossible(String token) {
		return !token.isEmpty() && token.length() <= MAX_LENGTH;
	}

	/**
	 * Return the key of a session: a hash of the token and the channel. The channel is
	 * part of it because a browser sends the cookie of {@code rooms/1} also to
	 * {@code rooms/1/events}, and would take over the session of the other page there.
	 */
	static String key(String token, String channel) {
		try {
			return ENCODER.encodeToString(MessageDigest.getInstance("SHA-256")
				.digest((token + '\n' + channel).getBytes(StandardCharsets.UTF_8)));
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException(ex);
		}
	}

}
