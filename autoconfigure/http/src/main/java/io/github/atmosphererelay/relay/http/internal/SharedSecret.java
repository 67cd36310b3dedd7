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

package io.github.atmosphererelay.relay.http.internal;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HexFormat;

import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

import org.jspecify.annotations.Nullable;

/**
 * Signs what peers send each other with HMAC-SHA256. Safe for use by many threads.
 */
public final class SharedSecret {

	/** A shorter secret could be guessed from a recorded request. */
	public static final int MIN_LENGTH = 32;

	private static final String ALGORITHM = "HmacSHA256";

	private final SecretKeySpec key;

	/**
	 * Create a secret.
	 * @param secret the same characters on all nodes, at least {@value #MIN_LENGTH}
	 */
	public SharedSecret(String secret) {
		if (secret.length() < MIN_LENGTH) {
			throw new IllegalArgumentException("The secret must have at least " + MIN_LENGTH + " characters");
		}
		this.key = new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), ALGORITHM);
	}

	/**
	 * Sign the parts of a message.
	 * @param parts the parts, none of which has a line feed
	 * @return the signature in hexadecimal digits
	 */
	String sign(String... parts) {
		try {
			Mac mac = Mac.getInstance(ALGORITHM);
			mac.init(this.key);
			return HexFormat.of().formatHex(mac.doFinal(String.join("\n", parts).getBytes(StandardCharsets.UTF_8)));
		}
		catch (GeneralSecurityException ex) {
			throw new IllegalStateException("Every Java platform has " + ALGORITHM, ex);
		}
	}

	/**
	 * Check a signature, in a time that does not depend on where it is wrong.
	 * @param signature the signature, or {@code null} if there is none
	 * @param parts the parts of the message
	 * @return whether it was made with this secret
	 */
	boolean isSignature(@Nullable String signature, String... parts) {
		return signature != null && MessageDigest.isEqual(sign(parts).getBytes(StandardCharsets.UTF_8),
				signature.getBytes(StandardCharsets.UTF_8));
	}

}
