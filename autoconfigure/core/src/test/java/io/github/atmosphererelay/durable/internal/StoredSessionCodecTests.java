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

import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

import io.github.atmosphererelay.durable.StoredSession;
import io.github.atmosphererelay.message.Position;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link StoredSessionCodec}: what one release has stored, the next one reads.
 * The vectors were made without the codec.
 */
class StoredSessionCodecTests {

	private static final Instant EXPIRES = Instant.ofEpochSecond(2_000_000_000);

	private static final String STORED = hex("""
			010100000004c3a46e6e010000019b76daa80000000001000000046e65777300
			0000000000002a00000003652d310000000100000003616765020000000137
			""");

	private static final String ANON = hex("""
			010000000000000000000000000000000000010000000463686174ffffffffff
			ffffff0000000000000000
			""");

	private static String hex(String text) {
		return text.replaceAll("\\s", "");
	}

	static Stream<Arguments> vectors() {
		return Stream.of(
				Arguments.of(STORED,
						new StoredSession("k", "\u00E4nn", "o", 3, true, Set.of("news"),
								Map.of("news", new Position("e-1", 42)), Map.of("age", 7),
								Instant.ofEpochMilli(1767225600000L), EXPIRES)),
				Arguments.of(ANON, new StoredSession("k", null, "o", 3, false, Set.of("chat"), Map.of(), Map.of(),
						Instant.EPOCH, EXPIRES)));
	}

	private static byte[] bytes(String hex) {
		return HexFormat.of().parseHex(hex);
	}

	@ParameterizedTest
	@MethodSource("vectors")
	void bytesAreAsDocumented(String hex, StoredSession session) {
		assertThat(HexFormat.of().formatHex(StoredSessionCodec.encode(session))).isEqualTo(hex);
		assertThat(StoredSessionCodec.decode("k", "o", 3, EXPIRES, bytes(hex))).isEqualTo(session);
	}

	@Test
	void everyTypeOfAttributeIsDecodedAsItWasEncoded() {
		Map<String, Object> attributes = Map.of("string", "s", "boolean", true, "integer", -1, "long", 1L << 40,
				"double", 0.5);
		StoredSession session = new StoredSession("k", "ann", "o", 1, true, Set.of(), Map.of(), attributes,
				Instant.EPOCH, EXPIRES);
		assertThat(StoredSessionCodec.decode("k", "o", 1, EXPIRES, StoredSessionCodec.encode(session)))
			.isEqualTo(session);
		StoredSession other = new StoredSession("k", "ann", "o", 1, true, Set.of(), Map.of(), Map.of("float", 0.5f),
				Instant.EPOCH, EXPIRES);
		assertThatIllegalArgumentException().isThrownBy(() -> StoredSessionCodec.encode(other))
			.withMessageContaining("float");
	}

	@ParameterizedTest
	@MethodSource("vectors")
	void corruptBytesAndLaterVersionsAreNoSession(String hex, StoredSession session) {
		byte[] bytes = bytes(hex);
		for (int length = 0; length < bytes.length; length++) {
			assertThat(StoredSessionCodec.decode("k", "o", 3, EXPIRES, Arrays.copyOf(bytes, length))).isNull();
		}
		byte[] later = bytes.clone();
		later[0] = 2;
		assertThat(StoredSessionCodec.decode("k", "o", 3, EXPIRES, later)).as("a later version").isNull();
		byte[] oversized = bytes.clone();
		oversized[2] = 0x7F;
		assertThat(StoredSessionCodec.decode("k", "o", 3, EXPIRES, oversized)).as("a long name").isNull();
	}

	@Test
	void anUnknownTypeOfAttributeIsNoSession() {
		byte[] bytes = bytes(STORED);
		bytes[bytes.length - 6] = 77;
		assertThat(StoredSessionCodec.decode("k", "o", 3, EXPIRES, bytes)).isNull();
	}

}
