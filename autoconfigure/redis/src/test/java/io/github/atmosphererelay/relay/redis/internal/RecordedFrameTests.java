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
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;

import io.github.atmosphererelay.contract.broker.RedisServers;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.WireFormatException;
import io.github.atmosphererelay.message.WireFormatException.Reason;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.BinaryJedisPubSub;
import redis.clients.jedis.Jedis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link RecordedFrame}, with the vector of src/docs/wire-format.md.
 */
class RecordedFrameTests {

	private static final String ENVELOPE = """
			4152010107111111112222433384445555555555550189000000007000800000
			00000000ab0000019b76daa8000100046e6577730003732d310001000b747261
			6365706172656e74000b30302d61622d63642d30310000000000000005000000
			000000002a00000064000000000036ee8000056b65792d3100000000000493e0
			00000000000200ff
			""";

	private static final String FRAME = """
			414c0100153030313132323333343435612d3162326333643465
			0000000000000007
			""" + ENVELOPE;

	private static final Position POSITION = new Position("00112233445a-1b2c3d4e", 7);

	private static final EnvelopeCodec CODEC = new EnvelopeCodec(1000);

	private static byte[] hex(String text) {
		return HexFormat.of().parseHex(text.replaceAll("\\s", ""));
	}

	@Test
	void theVectorIsRead() {
		RecordedFrame frame = RecordedFrame.decode(hex(FRAME), CODEC);
		assertThat(frame.position()).isEqualTo(POSITION);
		assertThat(frame.envelope()).isEqualTo(CODEC.decode(hex(ENVELOPE)));
	}

	@Test
	void theVectorIsWhatTheScriptPublishes() {
		AtomicReference<byte[]> published = new AtomicReference<>();
		BinaryJedisPubSub subscriber = new BinaryJedisPubSub() {

			@Override
			public void onMessage(byte[] channel, byte[] message) {
				published.set(message);
			}

		};
		try (RedisServers.Standalone server = RedisServers.standalone();
				Jedis subscribing = new Jedis(RedisServers.HOST, server.port());
				Jedis jedis = new Jedis(RedisServers.HOST, server.port())) {
			Thread thread = new Thread(() -> subscribing.subscribe(subscriber, ascii("topic")));
			thread.start();
			await().until(subscriber::isSubscribed);
			await().until(() -> jedis.pubsubNumSub("topic").get("topic") == 1);
			jedis.eval("redis.call('SET', KEYS[1], struct.pack('>I8I8I8I8ss', 6, 0, 0, 0, ARGV[1], ARGV[2]))", 1,
					"state", "1b2c3d4e", POSITION.epoch().split("-")[0]);
			jedis.set("history", "1b2c3d4e");
			jedis.eval(RedisScript.append(1).text(), List.of(ascii("stream"), ascii("state"), ascii("history")),
					List.of(ascii("m"), ascii("unused"), ascii("10"), ascii("60000"), ascii("topic"), hex(ENVELOPE),
							ascii("lane"), ascii("chat"), ascii("f")));
			await().until(() -> published.get() != null);
			assertThat(HexFormat.of().formatHex(published.get())).isEqualTo(HexFormat.of().formatHex(hex(FRAME)));
			subscriber.unsubscribe();
		}
	}

	@Test
	void theDocumentationHasTheVector() throws IOException {
		String page = Files.readString(Path.of("../../src/docs/wire-format.md")).replaceAll("\\s", "");
		assertThat(page).contains(FRAME.replaceAll("\\s", ""));
	}

	@Test
	void everyTruncationIsRefused() {
		byte[] frame = hex(FRAME);
		for (int length = 0; length < frame.length; length++) {
			byte[] cut = Arrays.copyOf(frame, length);
			assertThatExceptionOfType(WireFormatException.class).isThrownBy(() -> RecordedFrame.decode(cut, CODEC));
		}
	}

	@Test
	void badFramesAreRefusedWithTheirReason() {
		assertReason(Reason.FOREIGN, 1, 'R');
		assertReason(Reason.UNKNOWN_VERSION, 2, 2);
		assertReason(Reason.OVERSIZED, 3, 1);
		// A control character in the epoch; an offset below 1
		assertReason(Reason.MALFORMED, 5, '\n');
		assertReason(Reason.MALFORMED, hex(FRAME).length - hex(ENVELOPE).length - 1, 0);
		// The envelope within
		assertReason(Reason.FOREIGN, hex(FRAME).length - hex(ENVELOPE).length, 'X');
	}

	private static void assertReason(Reason reason, int index, int value) {
		byte[] frame = hex(FRAME);
		frame[index] = (byte) value;
		assertThatExceptionOfType(WireFormatException.class).isThrownBy(() -> RecordedFrame.decode(frame, CODEC))
			.satisfies((ex) -> assertThat(ex.getReason()).isEqualTo(reason));
	}

	private static byte[] ascii(String text) {
		return text.getBytes(StandardCharsets.US_ASCII);
	}

}
