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

package io.github.atmosphererelay.routing.internal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;

import io.github.atmosphererelay.message.WireFormatException;
import io.github.atmosphererelay.message.WireFormatException.Reason;
import io.github.atmosphererelay.routing.RingMember;
import io.github.atmosphererelay.routing.RingVersion;
import io.github.atmosphererelay.routing.internal.RingMessage.BusyUsers;
import io.github.atmosphererelay.routing.internal.RingMessage.Drain;
import io.github.atmosphererelay.routing.internal.RingMessage.Fence;
import io.github.atmosphererelay.routing.internal.RingMessage.Held;
import io.github.atmosphererelay.routing.internal.RingMessage.Hello;
import io.github.atmosphererelay.routing.internal.RingMessage.Publication;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link RingMessageCodec}. The vectors follow {@code src/docs/wire-format.md}
 * and were made without the code.
 */
class RingMessageCodecTests {

	private static final Path PAGE = Path.of("..", "..", "src", "docs", "wire-format.md");

	private static final String PUBLICATION = """
			01010000019ad27d050000000000000000030000002032313431333936656561
			3935316361316661643765396566346336663064666311111111222243338444
			55555555555500000000000005dc000000000000000900000004000000076761
			74657761790000000000000000066e6f64652d31010000001a68747470733a2f
			2f6e6f64652d312e6578616d706c652e636f6d000000066e6f64652d32010000
			0000000000066e6f64652d3302000000000000000100000003626f7400000001
			000000066e6f64652d340000000000000fa000000002
			""";

	private static final String HELLO = "01020000000000000009";

	private static final String FENCE = "0103000000000000000a";

	private static final String DRAIN = "0104";

	private static final String BUSY_USERS = "01050000000100000003626f7400001388";

	static Stream<Arguments> vectors() {
		Publication publication = new Publication(
				new RingVersion(1_764_468_000_000L, 3, "2141396eea951ca1fad7e9ef4c6f0dfc"),
				UUID.fromString("11111111-2222-4333-8444-555555555555"), 1_500,
				List.of(new RingMember("gateway", 0), new RingMember("node-1", 1, "https://node-1.example.com"),
						new RingMember("node-2", 1), new RingMember("node-3", 2)),
				List.of("bot"), Map.of("node-4", new Held(4_000, 2)), 9);
		return Stream.of(Arguments.of(PUBLICATION, publication), Arguments.of(HELLO, new Hello(9)),
				Arguments.of(FENCE, new Fence(10)), Arguments.of(DRAIN, new Drain()),
				Arguments.of(BUSY_USERS, new BusyUsers(Map.of("bot", 5_000))));
	}

	private static byte[] bytes(String hex) {
		return HexFormat.of().parseHex(hex.replaceAll("\\s", ""));
	}

	private static RingMessage decode(byte[] bytes) {
		return RingMessageCodec.decode(ByteBuffer.wrap(bytes));
	}

	@ParameterizedTest
	@MethodSource("vectors")
	void bytesAreAsDocumented(String hex, RingMessage message) throws IOException {
		assertThat(RingMessageCodec.encode(message)).isEqualTo(bytes(hex));
		assertThat(decode(bytes(hex))).isEqualTo(message);
		assertThat(Files.readString(PAGE)).contains(hex.strip());
	}

	@ParameterizedTest
	@MethodSource("vectors")
	void whatEndsTooEarlyIsMalformed(String hex, RingMessage message) {
		byte[] all = bytes(hex);
		for (int length = 0; length < all.length; length++) {
			byte[] part = Arrays.copyOf(all, length);
			assertThatExceptionOfType(WireFormatException.class).as("%s bytes of %s", length, message)
				.isThrownBy(() -> decode(part));
		}
	}

	@ParameterizedTest
	@MethodSource("vectors")
	void whatALaterReleaseAppendsIsIgnored(String hex, RingMessage message) {
		byte[] all = bytes(hex);
		assertThat(decode(Arrays.copyOf(all, all.length + 7))).isEqualTo(message);
	}

	@Test
	void messagesOfLaterReleasesAreSkipped() {
		assertThat(decode(bytes("0106"))).isNull();
		assertThatExceptionOfType(WireFormatException.class).isThrownBy(() -> decode(bytes("0204")))
			.extracting(WireFormatException::getReason)
			.isEqualTo(Reason.UNKNOWN_VERSION);
	}

	@Test
	void aListThatIsLongerThanARingMayBeIsMalformed() {
		assertThatExceptionOfType(WireFormatException.class)
			.isThrownBy(() -> decode(Arrays.copyOf(bytes("0105000003e9"), 20_000)))
			.extracting(WireFormatException::getReason)
			.isEqualTo(Reason.MALFORMED);
	}

	/**
	 * The receiver counts both kinds of exceptions.
	 */
	@Test
	void aMemberThatNoRingMayHaveIsRefused() {
		byte[] bytes = bytes(PUBLICATION);
		int weight = PUBLICATION.replaceAll("\\s", "").indexOf("6e6f64652d3302") / 2 + 6;
		bytes[weight] = 101;
		assertThatExceptionOfType(IllegalArgumentException.class).isThrownBy(() -> decode(bytes));
	}

}
