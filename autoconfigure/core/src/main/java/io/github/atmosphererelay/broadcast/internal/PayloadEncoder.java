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

package io.github.atmosphererelay.broadcast.internal;

import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.function.Function;

import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.internal.Utf8;
import org.jspecify.annotations.Nullable;

/**
 * Encodes the payload of a message, once, at the publisher.
 */
public final class PayloadEncoder {

	private final @Nullable Function<Object, byte[]> json;

	/**
	 * Create an encoder.
	 * @param json writes an object as JSON, or {@code null} if there is no JSON library
	 */
	public PayloadEncoder(@Nullable Function<Object, byte[]> json) {
		this.json = json;
	}

	/**
	 * Encode a message.
	 * @param payload the message
	 * @param binary whether it is binary, or {@code null} if its type decides
	 * @return the bytes
	 * @throws IllegalArgumentException if that type of message cannot be encoded
	 */
	public Payload encode(Object payload, @Nullable Boolean binary) {
		Objects.requireNonNull(payload, "'payload' must not be null");
		if (payload instanceof String text) {
			return Boolean.TRUE.equals(binary) ? Payload.binary(text.getBytes(StandardCharsets.UTF_8))
					: Payload.text(text);
		}
		if (payload instanceof byte[] bytes) {
			// A copy, because the caller may use the array again
			byte[] copy = bytes.clone();
			return Boolean.FALSE.equals(binary) ? Payload.text(checkUtf8(copy)) : Payload.binary(copy);
		}
		if (payload instanceof Payload encoded) {
			return encoded;
		}
		if (this.json == null) {
			throw new IllegalArgumentException("A payload of " + payload.getClass()
					+ " needs a JsonMapper bean (add spring-boot-starter-jackson), or send a String or byte[]");
		}
		byte[] bytes = this.json.apply(payload);
		return Boolean.TRUE.equals(binary) ? Payload.binary(bytes) : Payload.text(bytes);
	}

	private static byte[] checkUtf8(byte[] bytes) {
		if (!Utf8.isValid(bytes)) {
			throw new IllegalArgumentException("Bytes that are sent as text must be UTF-8");
		}
		return bytes;
	}

}
