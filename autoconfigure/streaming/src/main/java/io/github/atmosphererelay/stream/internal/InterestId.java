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

package io.github.atmosphererelay.stream.internal;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/**
 * What a message is for: all streams of a reducer that have the same key, or the same
 * query with the same parameters, and the same variant. One message goes to all of them.
 *
 * @param reducer the reducer's name
 * @param kind {@code k} for a key, {@code q} for a query
 * @param selected the key, or the query's name and parameters
 * @param variant the variant as JSON
 */
record InterestId(String reducer, char kind, String selected, String variant) {

	/** Channels of clients cannot have this prefix. */
	private static final String PREFIX = "~s/";

	private static final int BYTES = 18;

	static InterestId ofKey(String reducer, String key, Variant variant) {
		return new InterestId(reducer, 'k', key, variant.name());
	}

	static InterestId ofQuery(String reducer, QueryInstance query, Variant variant) {
		return new InterestId(reducer, 'q', query.name() + query.parameters(), variant.name());
	}

	/**
	 * Return the internal channel of the messages.
	 * @return a name that is short enough whatever clients have asked for. Two interests
	 * have different ones, unless somebody finds two texts with the same 144 bits of
	 * SHA-256; messages therefore also say their key
	 */
	String channel() {
		return PREFIX + this.reducer + "/" + this.kind + "/" + hash(this.selected + "\n" + this.variant);
	}

	private static String hash(String text) {
		try {
			byte[] hash = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
			byte[] part = new byte[BYTES];
			System.arraycopy(hash, 0, part, 0, BYTES);
			return Base64.getUrlEncoder().withoutPadding().encodeToString(part);
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException("Every Java platform has SHA-256", ex);
		}
	}

}
