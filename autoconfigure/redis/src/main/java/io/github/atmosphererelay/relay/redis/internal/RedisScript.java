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

package io.github.atmosphererelay.relay.redis.internal;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * A Lua script as Redis is to have it. Compared by identity. Immutable.
 */
final class RedisScript {

	private static final String HEAD = "log.lua";

	private final byte[] text;

	private final byte[] sha;

	private final boolean ordered;

	private RedisScript(String text, boolean ordered) {
		this.text = text.getBytes(StandardCharsets.UTF_8);
		this.sha = sha1(this.text);
		this.ordered = ordered;
	}

	/**
	 * Load the script that appends.
	 * @param variant told apart by Redis from other variants. When Redis loses its
	 * scripts, calls on their way fail from there on, all of them, unless another node
	 * loads the same script meanwhile: the later ones would overtake. So nodes use
	 * different variants, though not so many that Redis would fill with them
	 * @return the script
	 */
	static RedisScript append(int variant) {
		return new RedisScript("-- Variant " + variant + "\n" + resource(HEAD) + resource("append.lua"), true);
	}

	/**
	 * Load the script that reads.
	 * @return the script
	 */
	static RedisScript read() {
		return new RedisScript(resource(HEAD) + resource("read.lua"), false);
	}

	/**
	 * Load the script that tells where to go on after a change of the epoch.
	 * @return the script
	 */
	static RedisScript resume() {
		return new RedisScript(resource(HEAD) + resource("resume.lua"), false);
	}

	byte[] text() {
		return this.text;
	}

	byte[] sha() {
		return this.sha;
	}

	/**
	 * Return whether calls with the same first key have to keep their order.
	 * @return whether one must not overtake another
	 */
	boolean isOrdered() {
		return this.ordered;
	}

	private static String resource(String name) {
		try (InputStream stream = RedisScript.class.getResourceAsStream(name)) {
			if (stream == null) {
				throw new IllegalStateException("The script " + name + " is missing");
			}
			return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static byte[] sha1(byte[] text) {
		try {
			// Not for secrecy: it is the name that Redis gives to the script
			byte[] digest = MessageDigest.getInstance("SHA-1").digest(text);
			return HexFormat.of().formatHex(digest).getBytes(StandardCharsets.US_ASCII);
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException(ex);
		}
	}

}
