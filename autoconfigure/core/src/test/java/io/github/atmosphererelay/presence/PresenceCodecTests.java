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

package io.github.atmosphererelay.presence;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;

import io.github.atmosphererelay.cluster.WireFormatException;
import io.github.atmosphererelay.presence.PresenceMessage.Ask;
import io.github.atmosphererelay.presence.PresenceMessage.Change;
import io.github.atmosphererelay.presence.PresenceMessage.Chunk;
import io.github.atmosphererelay.presence.PresenceMessage.Delta;
import io.github.atmosphererelay.presence.PresenceMessage.Digest;
import org.junit.jupiter.api.Test;

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

	private static PresenceMessage through(PresenceMessage message) {
		return PresenceCodec.decode(NODE, ByteBuffer.wrap(PresenceCodec.encode(NODE, message)));
	}

	@Test
	void everyMessageComesOutAsItWentIn() {
		List<PresenceMessage> messages = List.of(
				new Delta(3, 6, List.of(Change.of(ALICE), Change.of(NOBODY), new Change(ALICE.key(), null))),
				new Delta(0, 0, List.of()), new Digest(7, 8, Long.MIN_VALUE), new Ask(9, -1),
				new Chunk(9, 2, true, 10, List.of(ALICE, NOBODY)), new Chunk(9, 0, false, 10, List.of()));
		assertThat(messages).allSatisfy((message) -> assertThat(through(message)).isEqualTo(message));
	}

	@Test
	void whatIsTruncatedOrBrokenIsRefused() {
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
	void partsAreNeverLargerThanTheyMayBe() {
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
