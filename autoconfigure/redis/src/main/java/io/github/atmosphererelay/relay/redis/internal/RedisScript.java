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
 * A Lua script with its digest. Compared by identity. Immutable.
 */
public final class RedisScript {

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
	 * Load the script that appends to a log.
	 * @param variant makes the script differ from those of other nodes. When Redis loses
	 * its scripts, all pending calls of a node fail from there on, which keeps their
	 * order. If another node loaded the same script in the meantime, later calls would
	 * succeed and overtake the failed ones. So nodes use different variants, but only a
	 * limited number, so that Redis is not filled with scripts
	 * @return the script
	 */
	static RedisScript append(int variant) {
		return new RedisScript("-- Variant " + variant + "\n" + resource(HEAD) + resource("append.lua"), true);
	}

	/**
	 * Load the script that reads a log.
	 * @return the script
	 */
	static RedisScript read() {
		return new RedisScript(resource(HEAD) + resource("read.lua"), false);
	}

	/**
	 * Load the script that returns the end of a log, and does not prolong its life.
	 * @return the script
	 */
	static RedisScript peek() {
		return new RedisScript(resource(HEAD) + resource("peek.lua"), false);
	}

	/**
	 * Load the script that returns where to continue after a change of the epoch.
	 * @return the script
	 */
	static RedisScript resume() {
		return new RedisScript(resource(HEAD) + resource("resume.lua"), false);
	}

	/**
	 * Load the script that replaces a document by a newer one.
	 * @return the script
	 */
	static RedisScript saveDocument() {
		return new RedisScript(resource("document-save.lua"), false);
	}

	/**
	 * Load the script that reads a document.
	 * @return the script
	 */
	static RedisScript readDocument() {
		return new RedisScript(resource("document-read.lua"), false);
	}

	/**
	 * Load a script of consumer groups.
	 * @param name the file's name
	 * @return the script
	 */
	static RedisScript group(String name) {
		return new RedisScript(resource(name), false);
	}

	/**
	 * Create a script of a part beside the relay.
	 * @param text the script
	 * @return the script
	 */
	public static RedisScript of(String text) {
		return new RedisScript(text, false);
	}

	byte[] text() {
		return this.text;
	}

	byte[] sha() {
		return this.sha;
	}

	/**
	 * Return whether calls with the same first key have to be executed in order.
	 * @return whether a call must not overtake another
	 */
	boolean isOrdered() {
		return this.ordered;
	}

	private static String resource(String name) {
		try (InputStream stream = RedisScript.class.getResourceAsStream(name)) {
			if (stream == null) {
				throw new IllegalStateException("The script " + name + " is missing in the library's JAR file");
			}
			return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static byte[] sha1(byte[] text) {
		try {
			// Not used for security: it is the name that Redis gives to the script
			byte[] digest = MessageDigest.getInstance("SHA-1").digest(text);
			return HexFormat.of().formatHex(digest).getBytes(StandardCharsets.US_ASCII);
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException(ex);
		}
	}

}
