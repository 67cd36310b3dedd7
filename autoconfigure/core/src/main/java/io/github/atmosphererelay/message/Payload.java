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

package io.github.atmosphererelay.message;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;

import org.jspecify.annotations.Nullable;

/**
 * The bytes of a message, and whether they are text (UTF-8) or binary. A message is
 * encoded once, by its publisher, and passed on unchanged. The array is shared by all
 * receivers and must not be modified.
 */
public final class Payload {

	private final byte[] bytes;

	private final boolean binary;

	/**
	 * The text form, decoded when it is first needed. Several writers may decode it at
	 * the same time; that race is harmless, because the strings are equal.
	 */
	private @Nullable String text;

	private Payload(byte[] bytes, boolean binary) {
		this.bytes = Objects.requireNonNull(bytes, "'bytes' must not be null");
		this.binary = binary;
	}

	/**
	 * Create a text payload. Unpaired surrogates, which UTF-8 cannot encode, become
	 * question marks.
	 * @param text the text
	 * @return the payload
	 */
	public static Payload text(String text) {
		// The string itself is not kept: an unpaired surrogate could not be written to a
		// socket, and other nodes would decode a different string.
		return new Payload(text.getBytes(StandardCharsets.UTF_8), false);
	}

	/**
	 * Create a text payload from bytes that are known to be valid UTF-8.
	 * @param utf8 the encoded text
	 * @return the payload
	 */
	public static Payload text(byte[] utf8) {
		return new Payload(utf8, false);
	}

	/**
	 * Create a binary payload.
	 * @param bytes the bytes
	 * @return the payload
	 */
	public static Payload binary(byte[] bytes) {
		return new Payload(bytes, true);
	}

	/**
	 * Return the bytes, not a copy.
	 * @return the bytes
	 */
	public byte[] bytes() {
		return this.bytes;
	}

	/**
	 * Return whether this is binary rather than text.
	 * @return whether the payload is binary
	 */
	public boolean isBinary() {
		return this.binary;
	}

	/**
	 * Return the number of bytes.
	 * @return the size in bytes
	 */
	public int size() {
		return this.bytes.length;
	}

	/**
	 * Return the payload as a string. The string is decoded once and kept.
	 * @return the bytes, read as UTF-8
	 */
	public String asText() {
		String result = this.text;
		if (result == null) {
			result = new String(this.bytes, StandardCharsets.UTF_8);
			this.text = result;
		}
		return result;
	}

	@Override
	public boolean equals(@Nullable Object other) {
		return (other instanceof Payload that) && this.binary == that.binary && Arrays.equals(this.bytes, that.bytes);
	}

	@Override
	public int hashCode() {
		return Arrays.hashCode(this.bytes);
	}

	@Override
	public String toString() {
		return (this.binary ? "binary" : "text") + " of " + this.bytes.length + " bytes";
	}

}
