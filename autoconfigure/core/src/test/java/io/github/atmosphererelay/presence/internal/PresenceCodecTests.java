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

package io.github.atmosphererelay.presence.internal;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.stream.Stream;

import io.github.atmosphererelay.message.WireFormatException;
import io.github.atmosphererelay.presence.internal.PresenceMessage.Ask;
import io.github.atmosphererelay.presence.internal.PresenceMessage.Change;
import io.github.atmosphererelay.presence.internal.PresenceMessage.Chunk;
import io.github.atmosphererelay.presence.internal.PresenceMessage.Delta;
import io.github.atmosphererelay.presence.internal.PresenceMessage.Digest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link PresenceCodec}.
 */
class PresenceCodecTests {

	private static final UUID NODE = UUID.randomUUID();

	private static final PresenceEntry ALICE = new PresenceEntry("chat/ä", NODE + ".1", "alice",
			Map.of("a", "\uD83D\uDE00"), 5);

	private static final PresenceEntry NOBODY = new PresenceEntry("chat/ä", "elsewhere", null, Map.of(), -1);

	private static final UUID KNOWN = UUID.fromString("11111111-2222-4333-8444-555555555555");

	private static final String DELTA = hex("""
			0101000000000000000300000000000000060000000302000000000000000763
			6861742fc3a4000000013100000003616e6e0000000000000005000000010000
			00016100000004f09f9880050000000000000009656c73657768657265ffffff
			ffffffffff000000000000000001000000046e6577730000000132
			""");

	private static final String DIGEST = "01020000000000000007000000088000000000000000";

	private static final String ASK = "01030000000000000009ffffffffffffffff";

	private static final String CHUNK = hex("""
			010400000000000000090000000201000000000000000a000000010500000000
			00000007636861742fc3a400000009656c73657768657265ffffffffffffffff
			00000000
			""");

	private static String hex(String text) {
		return text.replaceAll("\\s", "");
	}

	private static PresenceMessage through(PresenceMessage message) {
		return PresenceCodec.decode(NODE, ByteBuffer.wrap(PresenceCodec.encode(NODE, message)));
	}

	static Stream<Arguments> vectors() {
		PresenceEntry ann = new PresenceEntry("chat/ä", KNOWN + ".1", "ann", Map.of("a", "\uD83D\uDE00"), 5);
		PresenceEntry.Key gone = new PresenceEntry.Key("news", KNOWN + ".2");
		return Stream.of(
				Arguments.of(DELTA,
						new Delta(3, 6, List.of(Change.of(ann), Change.of(NOBODY), new Change(gone, null)))),
				Arguments.of(DIGEST, new Digest(7, 8, Long.MIN_VALUE)), Arguments.of(ASK, new Ask(9, -1)),
				Arguments.of(CHUNK, new Chunk(9, 2, true, 10, List.of(NOBODY))));
	}

	@ParameterizedTest
	@MethodSource("vectors")
	void bytesAreAsDocumented(String hex, PresenceMessage message) {
		assertThat(HexFormat.of().formatHex(PresenceCodec.encode(KNOWN, message))).isEqualTo(hex);
		assertThat(PresenceCodec.decode(KNOWN, ByteBuffer.wrap(HexFormat.of().parseHex(hex)))).isEqualTo(message);
	}

	@Test
	void everyMessageIsDecodedAsItWasEncoded() {
		List<PresenceMessage> messages = List.of(
				new Delta(3, 6, List.of(Change.of(ALICE), Change.of(NOBODY), new Change(ALICE.key(), null))),
				new Delta(0, 0, List.of()), new Digest(7, 8, Long.MIN_VALUE), new Ask(9, -1),
				new Chunk(9, 2, true, 10, List.of(ALICE, NOBODY)), new Chunk(9, 0, false, 10, List.of()));
		assertThat(messages).allSatisfy((message) -> assertThat(through(message)).isEqualTo(message));
	}

	/**
	 * What follows the changes is what an older release does not read.
	 */
	@Test
	void removalsOfSessionsThatMoveAreNamedAfterTheChanges() {
		PresenceEntry.Key moved = new PresenceEntry.Key("news", KNOWN + ".2");
		PresenceEntry.Key gone = new PresenceEntry.Key("news", KNOWN + ".3");
		byte[] plain = PresenceCodec.encode(KNOWN,
				new Delta(3, 5, List.of(new Change(gone, null), new Change(moved, null))));
		Delta delta = new Delta(3, 5, List.of(new Change(gone, null), new Change(moved, null, true)));
		byte[] bytes = PresenceCodec.encode(KNOWN, delta);
		assertThat(HexFormat.of().formatHex(bytes))
			.isEqualTo(HexFormat.of().formatHex(plain) + "00000001" + "00000001");
		assertThat(PresenceCodec.decode(KNOWN, ByteBuffer.wrap(bytes))).isEqualTo(delta);
		bytes[bytes.length - 1] = 2;
		assertThatExceptionOfType(WireFormatException.class)
			.isThrownBy(() -> PresenceCodec.decode(KNOWN, ByteBuffer.wrap(bytes)));
	}

	@Test
	void truncatedAndCorruptMessagesAreRefused() {
		byte[] bytes = PresenceCodec.encode(NODE, new Delta(3, 5, List.of(Change.of(ALICE), Change.of(NOBODY))));
		for (int length = 0; length < bytes.length; length++) {
			byte[] part = Arrays.copyOf(bytes, length);
			assertThatExceptionOfType(WireFormatException.class)
				.isThrownBy(() -> PresenceCodec.decode(NODE, ByteBuffer.wrap(part)));
		}
		Random random = new Random(1);
		for (int i = 0; i < 20_000; i++) {
			byte[] broken = bytes.clone();
			broken[random.nextInt(broken.length)] = (byte) random.nextInt();
			try {
				PresenceCodec.decode(NODE, ByteBuffer.wrap(broken));
			}
			catch (WireFormatException ex) {
				// As it should be; everything else fails the test.
				assertThat(ex).hasMessageNotContaining("null");
			}
		}
	}

	@Test
	void partsStayWithinTheMaximumSize() {
		List<Change> changes = new ArrayList<>();
		for (int i = 0; i < 1_000; i++) {
			changes.add(Change.of(new PresenceEntry("chat/\u20AC" + i % 3, NODE + "." + i,
					(i % 2 != 0) ? null : "\u00FC\uD83D\uDE00".repeat(i % 50), Map.of("k", "v".repeat(i % 40)), i)));
		}
		List<List<Change>> parts = PresenceCodec.splitChanges(changes, 600);
		assertThat(parts).hasSizeGreaterThan(20);
		assertThat(parts.stream().flatMap(List::stream)).containsExactlyElementsOf(changes);
		assertThat(parts).allSatisfy(
				(part) -> assertThat(PresenceCodec.encode(NODE, new Delta(0, 1, part))).hasSizeLessThanOrEqualTo(600));
		assertThat(PresenceCodec.fits(ALICE, 600)).isTrue();
		assertThat(PresenceCodec.fits(ALICE, 100)).isFalse();
		assertThat(PresenceCodec.splitChanges(List.of(), 600)).isEmpty();
	}

}
