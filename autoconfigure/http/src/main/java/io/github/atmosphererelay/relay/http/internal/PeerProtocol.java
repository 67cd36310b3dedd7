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

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.UUID;

import org.jspecify.annotations.Nullable;

/**
 * The headers of requests between peers, and what their signatures cover. The body is
 * covered by its digest, so that a request can be refused before its body is read.
 */
final class PeerProtocol {

	/** The id of the node that the request is for. */
	static final String RECEIVER = "Atmosphere-Relay-To";

	static final String TIME = "Atmosphere-Relay-Time";

	static final String NONCE = "Atmosphere-Relay-Nonce";

	static final String DIGEST = "Atmosphere-Relay-Digest";

	static final String SIGNATURE = "Atmosphere-Relay-Signature";

	static final String METHOD = "POST";

	/** The receiver of a request that asks who is there. */
	static final UUID ANYBODY = new UUID(0, 0);

	static final int OK = 200;

	/** No answer is longer. */
	static final int MAX_ANSWER_BYTES = 4096;

	private static final String REQUEST = "atmosphere-peer-request-1";

	private static final String ANSWER = "atmosphere-peer-answer-1";

	private PeerProtocol() {
	}

	static String digest(byte[] body) {
		try {
			return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(body));
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException("Every Java platform has SHA-256", ex);
		}
	}

	static String[] signed(String path, String receiver, String time, String nonce, long length, String digest) {
		return new String[] { REQUEST, METHOD, path, receiver, time, nonce, Long.toString(length), digest };
	}

	static String[] signedAnswer(String nonce, int status, byte[] body) {
		return new String[] { ANSWER, nonce, Integer.toString(status), digest(body) };
	}

	/**
	 * A number that a request has once.
	 *
	 * @param sender the sender's id, new at each of its starts
	 * @param counter counts the sender's requests
	 */
	record Nonce(UUID sender, long counter) {

		private static final int ID_LENGTH = 36;

		static @Nullable Nonce parse(@Nullable String text) {
			if (text == null || text.length() < ID_LENGTH + 2 || text.length() > ID_LENGTH + 20
					|| text.charAt(ID_LENGTH) != '.') {
				return null;
			}
			try {
				Nonce nonce = new Nonce(UUID.fromString(text.substring(0, ID_LENGTH)),
						Long.parseLong(text.substring(ID_LENGTH + 1)));
				return (nonce.counter > 0 && nonce.toString().equals(text)) ? nonce : null;
			}
			catch (IllegalArgumentException ex) {
				return null;
			}
		}

		@Override
		public String toString() {
			return this.sender + "." + this.counter;
		}

	}

}
