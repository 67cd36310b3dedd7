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

package io.github.atmosphererelay.transport.tomcat.internal;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link FrameDecoder}.
 */
class FrameDecoderTests {

	private static final String TEXT = "grüße 😀 ".repeat(40);

	private final Events events = new Events();

	private final FrameDecoder decoder = new FrameDecoder(this.events);

	private final Random random = new Random(42);

	/**
	 * Every way to cut the stream into two reads, and into single bytes.
	 */
	@Test
	void messagesAreTheSameHoweverTheyAreCut() throws ProtocolException {
		byte[] binary = new byte[300];
		this.random.nextBytes(binary);
		byte[] large = new byte[70_000];
		this.random.nextBytes(large);
		byte[] stream = join(frame(0x81, TEXT), frame(0x89, "are you there"), frame(0x82, binary), frame(0x81, ""),
				frame(0x01, "in three "), frame(0x80 | 10, "pong"), frame(0x00, "parts, "), frame(0x80, "ü"),
				frame(0x82, new byte[0]), frame(0x88, bytes(new byte[] { 0x03, (byte) 0xE8 }, "bye")));
		List<String> expected = List.of("text " + TEXT, "ping are you there", "binary " + hex(binary), "text ",
				"pong pong", "text in three parts, ü", "binary ", "close 1000 bye");
		for (int cut = 0; cut <= stream.length; cut++) {
			Events events = new Events();
			FrameDecoder decoder = new FrameDecoder(events);
			decode(decoder, Arrays.copyOfRange(stream, 0, cut));
			decode(decoder, Arrays.copyOfRange(stream, cut, stream.length));
			assertThat(events.list).as("cut at " + cut).isEqualTo(expected);
		}
		for (byte one : stream) {
			decode(this.decoder, one);
		}
		assertThat(this.events.list).isEqualTo(expected);
	}

	@Test
	void aLargeMessageIsPassedOnAsItComes() throws ProtocolException {
		byte[] large = new byte[200_000];
		this.random.nextBytes(large);
		byte[] stream = frame(0x82, large);
		for (int i = 0; i < stream.length; i += 16_384) {
			decode(this.decoder, Arrays.copyOfRange(stream, i, Math.min(stream.length, i + 16_384)));
			assertThat(this.events.parts).isEqualTo(1 + i / 16_384);
		}
		assertThat(this.events.list).containsExactly("binary " + hex(large));
	}

	@Test
	void nothingIsReportedAfterTheClientHasClosed() throws ProtocolException {
		decode(this.decoder, join(frame(0x88, ""), frame(0x81, "late")));
		decode(this.decoder, frame(0x81, "later"));
		assertThat(this.events.list).containsExactly("close 1005 ");
	}

	@ParameterizedTest
	@CsvSource({ "8100, a frame is not masked", "C18000000000, a frame uses an extension",
			"838000000000, a frame is of an unknown kind", "8B8000000000, a frame is of an unknown kind",
			"808000000000, a frame continues no message", "098000000000, a control frame is too long or fragmented",
			"89FE007E00000000, a control frame is too long or fragmented",
			"82FFFFFFFFFFFFFFFFFF00000000, a frame has no sensible length",
			"82FE007D00000000, a frame's length is not written in as few bytes as possible",
			"82FF000000000000FFFF00000000, a frame's length is not written in as few bytes as possible",
			"01800000000081800000000000, a message begins before the last one has ended",
			"88810000000003, a close frame has no valid code", "888200000000 03ED, a close frame has no valid code",
			"888200000000 03E7, a close frame has no valid code" })
	void protocolViolationsHaveTheirCloseCodes(String stream, String reason) {
		assertThatExceptionOfType(ProtocolException.class)
			.isThrownBy(() -> decode(this.decoder, HexFormat.of().parseHex(stream.replace(" ", ""))))
			.withMessage(reason)
			.satisfies((ex) -> assertThat(ex.code()).isEqualTo(1002));
	}

	@ParameterizedTest
	@ValueSource(strings = { "61C328", "EDA080", "F4908080", "C0AF", "FF", "61C3" })
	void textThatIsNotUtf8IsRefusedHoweverItIsCut(String text) {
		byte[] frame = frame(0x81, HexFormat.of().parseHex(text));
		for (int cut = 0; cut <= frame.length; cut++) {
			int at = cut;
			FrameDecoder decoder = new FrameDecoder(new Events());
			assertThatExceptionOfType(ProtocolException.class).isThrownBy(() -> {
				decode(decoder, Arrays.copyOfRange(frame, 0, at));
				decode(decoder, Arrays.copyOfRange(frame, at, frame.length));
			}).satisfies((ex) -> assertThat(ex.code()).isEqualTo(1007));
		}
	}

	@Test
	void aReasonThatIsNotUtf8IsRefused() {
		byte[] data = { 0x03, (byte) 0xE8, (byte) 0xC3 };
		assertThatExceptionOfType(ProtocolException.class).isThrownBy(() -> decode(this.decoder, frame(0x88, data)))
			.satisfies((ex) -> assertThat(ex.code()).isEqualTo(1007));
	}

	@Test
	void randomBytesAreDecodedOrRefused() {
		for (int run = 0; run < 2_000; run++) {
			byte[] noise = new byte[this.random.nextInt(200)];
			this.random.nextBytes(noise);
			FrameDecoder decoder = new FrameDecoder(new Events());
			try {
				decode(decoder, noise);
			}
			catch (ProtocolException ex) {
				assertThat(ex.code()).isIn(1002, 1007);
			}
		}
	}

	private static void decode(FrameDecoder decoder, byte... bytes) throws ProtocolException {
		ByteBuffer input = ByteBuffer.wrap(bytes);
		decoder.decode(input);
		assertThat(input.hasRemaining()).isFalse();
	}

	private byte[] frame(int first, String text) {
		return frame(first, text.getBytes(StandardCharsets.UTF_8));
	}

	private byte[] frame(int first, byte[] payload) {
		ByteBuffer frame = ByteBuffer.allocate(14 + payload.length).put((byte) first);
		if (payload.length < 126) {
			frame.put((byte) (0x80 | payload.length));
		}
		else if (payload.length < 65536) {
			frame.put((byte) (0x80 | 126)).putShort((short) payload.length);
		}
		else {
			frame.put((byte) (0x80 | 127)).putLong(payload.length);
		}
		byte[] mask = new byte[4];
		this.random.nextBytes(mask);
		frame.put(mask);
		for (int i = 0; i < payload.length; i++) {
			frame.put((byte) (payload[i] ^ mask[i % 4]));
		}
		return Arrays.copyOf(frame.array(), frame.position());
	}

	private static byte[] bytes(byte[] first, String second) {
		return join(first, second.getBytes(StandardCharsets.UTF_8));
	}

	private static byte[] join(byte[]... parts) {
		ByteArrayOutputStream all = new ByteArrayOutputStream();
		for (byte[] part : parts) {
			all.writeBytes(part);
		}
		return all.toByteArray();
	}

	private static String hex(byte[] bytes) {
		return HexFormat.of().formatHex(bytes);
	}

	/**
	 * Puts the parts of each message together.
	 */
	private static final class Events implements FrameListener {

		private final List<String> list = new ArrayList<>();

		private final StringBuilder message = new StringBuilder();

		private int parts;

		@Override
		public void text(String part, boolean last) {
			add("text ", part, last);
		}

		@Override
		public void binary(ByteBuffer part, boolean last) {
			byte[] bytes = new byte[part.remaining()];
			part.get(bytes);
			add("binary ", hex(bytes), last);
		}

		private void add(String kind, String part, boolean last) {
			this.parts++;
			this.message.append(part);
			if (last) {
				this.list.add(kind + this.message);
				this.message.setLength(0);
			}
		}

		@Override
		public void ping(byte[] data) {
			this.list.add("ping " + new String(data, StandardCharsets.UTF_8));
		}

		@Override
		public void pong(byte[] data) {
			this.list.add("pong " + new String(data, StandardCharsets.UTF_8));
		}

		@Override
		public void close(int code, String reason) {
			this.list.add("close " + code + " " + reason);
		}

	}

}
