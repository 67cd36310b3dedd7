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

package io.github.atmosphererelay.stream.internal;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

import io.github.atmosphererelay.message.Payload;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link StreamWire}.
 */
class StreamWireTests {

	private final StreamWire wire = new StreamWire(JsonMapper.builder().build());

	private final InterestId interest = InterestId.ofKey("odds", "a", new Variant("\"\"", ""));

	@Test
	void aMessageIsReadAsItWasWritten() {
		StreamMessage message = message("key/\u20AC", 5, "{\"price\":1.5}");
		StreamMessage read = StreamWire.message(this.interest, StreamWire.headers(message),
				StreamWire.payload(message));
		assertThat(read).usingRecursiveComparison().isEqualTo(message);
		StreamMessage removal = new StreamMessage(this.interest, 3, "a", new StateVersion(1L << 40, 6), null);
		assertThat(StreamWire.message(this.interest, StreamWire.headers(removal), StreamWire.payload(removal)))
			.isEqualTo(removal);
	}

	@Test
	void aSnapshotIsReadAsItWasWrittenAlsoInParts() {
		List<StreamMessage> messages = new ArrayList<>(IntStream.range(0, 100)
			.mapToObj((i) -> message("key-" + i, i, "{\"text\":\"" + "\\\"".repeat(20) + "\"}"))
			.toList());
		messages.add(new StreamMessage(this.interest, 3, "gone", new StateVersion(7, 100), null));
		StreamSnapshot snapshot = new StreamSnapshot(9, 3, new StateVersion(7, 100), true, messages);
		List<Payload> payloads = this.wire.write("id", snapshot, 1000);
		assertThat(payloads).hasSizeGreaterThan(10).allSatisfy((part) -> assertThat(part.size()).isLessThan(1200));
		List<StreamWire.Part> parts = payloads.stream().map(this.wire::part).toList();
		assertThat(parts).allSatisfy((part) -> assertThat(part.parts()).isEqualTo(payloads.size()));
		assertThat(StreamWire.snapshot(parts, (key) -> this.interest)).usingRecursiveComparison().isEqualTo(snapshot);
	}

	@Test
	void anEmptySnapshotHasOnePart() {
		StreamSnapshot snapshot = new StreamSnapshot(9, 3, new StateVersion(7, -1), false, List.of());
		List<Payload> payloads = this.wire.write("id", snapshot, 1000);
		assertThat(payloads).hasSize(1);
		assertThat(StreamWire.snapshot(List.of(this.wire.part(payloads.get(0))), (key) -> this.interest))
			.isEqualTo(snapshot);
	}

	private StreamMessage message(String key, long offset, String view) {
		return new StreamMessage(this.interest, 3, key, new StateVersion(7, offset),
				view.getBytes(StandardCharsets.UTF_8));
	}

}
