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
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.github.atmosphererelay.routing.PublishedRing;
import io.github.atmosphererelay.routing.Ring;
import io.github.atmosphererelay.routing.RingMember;
import io.github.atmosphererelay.routing.RingVersion;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link RingDocument}, also with the vectors of {@code src/docs/ring.md}.
 */
class RingDocumentTests {

	private static final Path PAGE = Path.of("..", "..", "src", "docs", "ring.md");

	private static PublishedRing published(List<RingMember> members, List<String> spread) {
		Ring ring = Ring.of(members, spread);
		return new PublishedRing(new RingVersion(1_764_468_000_000L, 3, ring.digest()), ring);
	}

	@Test
	void theVectorsOfThePageAreReadAndWrittenAsTheyStandThere() throws IOException {
		Matcher blocks = Pattern.compile("```json\n(\\{\"term\".*?)\n```", Pattern.DOTALL)
			.matcher(Files.readString(PAGE));
		List<PublishedRing> expected = List.of(
				published(
						List.of(new RingMember("node-1", 1), new RingMember("node-2", 1), new RingMember("node-3", 2)),
						List.of()),
				published(
						List.of(new RingMember("gateway", 0), new RingMember("node-1", 1, "https://node-1.example.com"),
								new RingMember("node-2", 1, "https://node-2.example.com"), new RingMember("node-3", 2)),
						List.of("bot")));
		for (PublishedRing ring : expected) {
			assertThat(blocks.find()).isTrue();
			String text = blocks.group(1);
			assertThat(RingDocument.read(text)).isEqualTo(ring);
			assertThat(RingDocument.write(ring)).isEqualTo(text.replaceAll("\\n *", ""));
		}
	}

	@Test
	void theLargestRingCanBeReadBack() {
		List<RingMember> members = new ArrayList<>();
		List<String> spread = new ArrayList<>();
		for (int i = 0; i < 1_000; i++) {
			members.add(new RingMember("n".repeat(80) + i, 1, "https://" + "a".repeat(1_000) + i));
			spread.add("ü".repeat(250) + i);
		}
		PublishedRing largest = published(members, spread);
		assertThat(RingDocument.read(RingDocument.write(largest))).isEqualTo(largest);
	}

	@ParameterizedTest
	@ValueSource(
			strings = { "", "[]", "{", "{\"term\":1}", "{\"term\":1,\"counter\":1,\"digest\":\"x\",\"members\":[]}",
					"{\"term\":\"1\",\"counter\":1}", "{\"term\":1,\"counter\":1,\"members\":[{\"name\":\"a\"}]}",
					"{\"term\":1,\"counter\":1,\"members\":[{\"name\":\"a\",\"weight\":1000}]}",
					"{\"term\":1,\"counter\":1,\"members\":[7]}" })
	void whatIsNoRingIsRefused(String text) {
		assertThatIllegalArgumentException().isThrownBy(() -> RingDocument.read(text));
	}

}
