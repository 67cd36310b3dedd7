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

package io.github.atmosphererelay.message.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import io.github.atmosphererelay.message.Audience;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.Envelope.Kind;
import io.github.atmosphererelay.message.LogOptions;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.Sequence;
import io.github.atmosphererelay.message.WireFormatException;
import io.github.atmosphererelay.message.WireFormatException.Reason;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link EnvelopeCodec}. The vectors are those of
 * {@code src/docs/wire-format.md}, made without the codec.
 */
class EnvelopeCodecTests {

	private static final int MAX_PAYLOAD = 1000;

	private static final UUID ORIGIN = UUID.fromString("11111111-2222-4333-8444-555555555555");

	private static final UUID ID = UUID.fromString("01890000-0000-7000-8000-0000000000ab");

	private static final long TIME = 1767225600000L;

	private static final String TEXT = hex("""
			4152010100111111112222433384445555555555550189000000007000800000
			00000000ab0000019b76daa80001000a636861742f6c6f626279000000000000
			000000074772c3bcc39f65
			""");

	private static final String FULL = hex("""
			4152010107111111112222433384445555555555550189000000007000800000
			00000000ab0000019b76daa8000100046e6577730003732d310001000b747261
			6365706172656e74000b30302d61622d63642d30310000000000000005000000
			000000002a00000064000000000036ee8000056b65792d3100000000000493e0
			00000000000200ff
			""");

	private static final String USER = hex("""
			4152010100111111112222433384445555555555550189000000007000800000
			00000000ab0000019b76daa800020003616e6e000000000000000000026869
			""");

	private static final String SESSION = hex("""
			4152010100111111112222433384445555555555550189000000007000800000
			00000000ab0000019b76daa80003002831313131313131312d323232322d3433
			33332d383434342d3535353535353535353535352f732d310000000000000000
			00026869
			""");

	private static final String PROBE = hex("""
			4152010200111111112222433384445555555555550189000000007000800000
			00000000ab0000019b76daa80004002431313131313131312d323232322d3433
			33332d383434342d35353535353535353535353500000000000000000000
			""");

	private static final String EVERYONE = hex("""
			4152010102111111112222433384445555555555550189000000007000800000
			00000000ab0000019b76daa8000500000003732d310000000000000000000500
			000000000000010000000000026869
			""");

	private static final String BUCKET = hex("""
			4152010100111111112222433384445555555555550189000000007000800000
			00000000ab0000019b76daa8000600086f72646572732f330000000000000000
			00026869
			""");

	private final EnvelopeCodec codec = new EnvelopeCodec(MAX_PAYLOAD);

	static Stream<Arguments> vectors() {
		return Stream.of(Arguments.of(TEXT, channel("chat/lobby", Payload.text("Grüße"))),
				Arguments.of(FULL, new Envelope(ID, ORIGIN, Kind.MESSAGE, TIME, new Audience.Channel("news", "s-1"),
						Map.of("traceparent", "00-ab-cd-01"), Payload.binary(new byte[] { 0, (byte) 0xFF }),
						new Sequence(5, 42), new LogOptions(100, Duration.ofHours(1), "key-1", Duration.ofMinutes(5)))),
				Arguments.of(USER, envelope(new Audience.User("ann", null))),
				Arguments.of(SESSION, envelope(new Audience.Session(ORIGIN, "s-1"))),
				Arguments.of(PROBE,
						new Envelope(ID, ORIGIN, Kind.PROBE, TIME, new Audience.Node(ORIGIN), Map.of(),
								Payload.text(""), null, null)),
				Arguments.of(EVERYONE, envelope(new Audience.Everyone("s-1")).withSequence(new Sequence(5, 1))),
				Arguments.of(BUCKET, envelope(new Audience.Bucket("orders", 3))));
	}

	@ParameterizedTest
	@MethodSource("vectors")
	void encodesAsDocumented(String hex, Envelope envelope) {
		assertThat(HexFormat.of().formatHex(this.codec.encode(envelope))).isEqualTo(hex);
	}

	@ParameterizedTest
	@MethodSource("vectors")
	void decodesAsDocumented(String hex, Envelope envelope) {
		assertThat(this.codec.decode(bytes(hex))).isEqualTo(envelope);
	}

	@ParameterizedTest
	@MethodSource("vectors")
	void documentationShowsTheSameVectors(String hex, Envelope envelope) throws IOException {
		Path page = Stream.of(Path.of("src/docs/wire-format.md"), Path.of("../../src/docs/wire-format.md"))
			.filter(Files::exists)
			.findFirst()
			.orElseThrow();
		assertThat(Files.readString(page).replaceAll("\\s", "")).contains(hex);
	}

	@ParameterizedTest
	@MethodSource("vectors")
	void everyTruncationIsRefused(String hex, Envelope envelope) {
		byte[] bytes = bytes(hex);
		for (int length = 0; length < bytes.length; length++) {
			assertRefused(Arrays.copyOf(bytes, length), (length < 3) ? Reason.FOREIGN : Reason.TRUNCATED);
		}
	}

	@Test
	void everyOtherVersionIsUnknown() {
		for (int version = 0; version < 256; version++) {
			if (version != 1) {
				byte[] bytes = bytes(TEXT);
				bytes[2] = (byte) version;
				assertRefused(bytes, Reason.UNKNOWN_VERSION);
				assertRefused(Arrays.copyOf(bytes, 3), Reason.UNKNOWN_VERSION);
			}
		}
	}

	@Test
	void foreignBytesAreRefused() {
		assertRefused("{\"type\":\"message\"}".getBytes(), Reason.FOREIGN);
		assertRefused(new byte[100], Reason.FOREIGN);
	}

	@Test
	void partsOverTheirLimitsAreRefused() {
		byte[] payload = bytes(USER);
		payload[payload.length - 6] = 0x7F;
		assertRefused(payload, Reason.OVERSIZED);
		payload[payload.length - 6] = (byte) 0xFF;
		assertRefused(payload, Reason.MALFORMED);
		byte[] headers = bytes(USER);
		headers[headers.length - 10] = 0x7F;
		assertRefused(headers, Reason.OVERSIZED);
		EnvelopeCodec large = new EnvelopeCodec(MAX_PAYLOAD + 1);
		assertRefused(large.encode(channel("c", Payload.binary(new byte[MAX_PAYLOAD + 1]))), Reason.OVERSIZED);
		assertThat(
				this.codec.decode(large.encode(channel("c", Payload.binary(new byte[MAX_PAYLOAD])))).payload().size())
			.isEqualTo(MAX_PAYLOAD);
	}

	@Test
	void invalidUtf8IsRefusedInTextAndNamesButNotInBinary() {
		byte[] text = bytes(USER);
		text[text.length - 1] = (byte) 0xC3;
		assertRefused(text, Reason.MALFORMED);
		byte[] binary = text.clone();
		binary[4] = 1;
		assertThat(this.codec.decode(binary).payload().isBinary()).isTrue();
		byte[] name = bytes(USER);
		name[50] = (byte) 0xC3;
		assertRefused(name, Reason.MALFORMED);
	}

	@Test
	void envelopesThatContradictTheFormatAreMalformed() {
		assertRefused(changed(TEXT, 3, 9), Reason.MALFORMED);
		assertRefused(changed(TEXT, 45, 9), Reason.MALFORMED);
		assertRefused(changed(TEXT, 50, ' '), Reason.MALFORMED);
		assertRefused(changed(PROBE, 50, 'x'), Reason.MALFORMED);
		assertRefused(bytes(BUCKET.replace("6f72646572732f33", "2f72646572737333")), Reason.MALFORMED);
		assertRefused(bytes(BUCKET.replace("6f72646572732f33", "6f72646572737333")), Reason.MALFORMED);
		assertRefused(bytes(BUCKET.replace("6f72646572732f33", "6f726465722f3033")), Reason.MALFORMED);
		assertRefused(bytes(BUCKET.replace("6f72646572732f33", "6f726465722f2d33")), Reason.MALFORMED);
		assertRefused(bytes(BUCKET.replace("6f72646572732f33", "6f7264652f732f33")), Reason.MALFORMED);
		assertRefused(bytes(TEXT + "00"), Reason.MALFORMED);
	}

	@Test
	void aLaterExtensionIsSkipped() {
		byte[] extended = bytes(USER.substring(0, USER.length() - 16) + "0003aabbcc" + "000000026869");
		assertThat(this.codec.decode(extended)).isEqualTo(envelope(new Audience.User("ann", null)));
	}

	@Test
	void anEnvelopeOverALimitIsNotEncoded() {
		assertThatIllegalArgumentException()
			.isThrownBy(() -> this.codec.encode(channel("c", Payload.binary(new byte[MAX_PAYLOAD + 1]))));
		assertThatIllegalArgumentException()
			.isThrownBy(() -> this.codec.encode(withHeaders(Map.of("h", "x".repeat(EnvelopeCodec.MAX_HEADER_BYTES)))));
		Map<String, String> many = new HashMap<>();
		IntStream.range(0, EnvelopeCodec.MAX_HEADERS + 1).forEach((i) -> many.put("h" + i, ""));
		assertThatIllegalArgumentException().isThrownBy(() -> this.codec.encode(withHeaders(many)));
		assertThatIllegalArgumentException()
			.isThrownBy(() -> this.codec.encode(envelope(new Audience.User("x".repeat(65536), null))));
	}

	@Test
	void headersOfTheMaximumSizeAreDecoded() {
		Map<String, String> headers = new HashMap<>();
		IntStream.range(0, EnvelopeCodec.MAX_HEADERS)
			.forEach((i) -> headers.put(String.format("h%03d", i), "x".repeat(252)));
		Envelope envelope = withHeaders(headers);
		assertThat(this.codec.decode(this.codec.encode(envelope))).isEqualTo(envelope);
	}

	@Test
	void mutatedBytesAreDecodedOrRefusedButCauseNoOtherError() {
		Random random = new Random(20260101);
		byte[][] valid = vectors().map((arguments) -> bytes((String) arguments.get()[0])).toArray(byte[][]::new);
		int refused = 0;
		for (int round = 0; round < 200_000; round++) {
			byte[] bytes = valid[round % valid.length].clone();
			int changes = 1 + random.nextInt(4);
			for (int i = 0; i < changes; i++) {
				bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
			}
			if (random.nextInt(4) == 0) {
				bytes = Arrays.copyOf(bytes, random.nextInt(2 * bytes.length));
			}
			try {
				Envelope envelope = this.codec.decode(bytes);
				assertThat(this.codec.decode(this.codec.encode(envelope))).isEqualTo(envelope);
			}
			catch (WireFormatException ex) {
				refused++;
			}
		}
		assertThat(refused).isBetween(50_000, 199_999);
	}

	private void assertRefused(byte[] bytes, Reason reason) {
		assertThatExceptionOfType(WireFormatException.class).isThrownBy(() -> this.codec.decode(bytes))
			.satisfies((ex) -> assertThat(ex.getReason()).isEqualTo(reason));
	}

	private static Envelope channel(String channel, Payload payload) {
		return new Envelope(ID, ORIGIN, Kind.MESSAGE, TIME, new Audience.Channel(channel, null), Map.of(), payload,
				null, null);
	}

	private static Envelope envelope(Audience audience) {
		return new Envelope(ID, ORIGIN, Kind.MESSAGE, TIME, audience, Map.of(), Payload.text("hi"), null, null);
	}

	private static Envelope withHeaders(Map<String, String> headers) {
		return new Envelope(ID, ORIGIN, Kind.MESSAGE, TIME, new Audience.Channel("c", null), headers,
				Payload.text("hi"), null, null);
	}

	private static byte[] changed(String hex, int index, int value) {
		byte[] bytes = bytes(hex);
		bytes[index] = (byte) value;
		return bytes;
	}

	private static byte[] bytes(String hex) {
		return HexFormat.of().parseHex(hex);
	}

	private static String hex(String lines) {
		return lines.replaceAll("\\s", "");
	}

}
