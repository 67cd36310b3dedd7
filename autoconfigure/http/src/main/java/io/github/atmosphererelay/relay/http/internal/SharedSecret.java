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
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

import org.jspecify.annotations.Nullable;

/**
 * Signs what peers send each other with HMAC-SHA256. While the nodes change their secret
 * one by one, a node signs with one and accepts others too. Safe for use by many threads.
 */
public final class SharedSecret {

	/** A shorter secret could be guessed from a recorded request. */
	public static final int MIN_LENGTH = 32;

	private static final String ALGORITHM = "HmacSHA256";

	/** The first one signs. */
	private final List<SecretKeySpec> keys;

	/**
	 * Create a secret.
	 * @param secret the same characters on all nodes, at least {@value #MIN_LENGTH}
	 */
	public SharedSecret(String secret) {
		this(secret, List.of());
	}

	/**
	 * Create a secret that is being changed.
	 * @param secret signs, and is accepted; at least {@value #MIN_LENGTH} characters
	 * @param accepted other secrets that are accepted, of the same length at least
	 */
	public SharedSecret(String secret, Collection<String> accepted) {
		this.keys = Stream.concat(Stream.of(secret), accepted.stream()).map(SharedSecret::key).toList();
	}

	private static SecretKeySpec key(String secret) {
		if (secret.length() < MIN_LENGTH) {
			throw new IllegalArgumentException("A secret must have at least " + MIN_LENGTH + " characters");
		}
		return new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), ALGORITHM);
	}

	/**
	 * Sign the parts of a message.
	 * @param parts the parts, none of which has a line feed
	 * @return the signature in hexadecimal digits
	 */
	String sign(String... parts) {
		return sign(this.keys.get(0), parts);
	}

	private static String sign(SecretKeySpec key, String... parts) {
		try {
			Mac mac = Mac.getInstance(ALGORITHM);
			mac.init(key);
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
	 * @return whether it was made with this secret, or another one that is accepted
	 */
	boolean isSignature(@Nullable String signature, String... parts) {
		if (signature == null) {
			return false;
		}
		byte[] given = signature.getBytes(StandardCharsets.UTF_8);
		return this.keys.stream()
			.anyMatch((key) -> MessageDigest.isEqual(sign(key, parts).getBytes(StandardCharsets.UTF_8), given));
	}

}
