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

package io.github.atmosphererelay.benchmark.load;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

/**
 * Tests for {@link Chunks}.
 */
class ChunksTests {

	private static final String BODY = "5\r\nhello\r\nA;name=value\r\n, world\r\n!\r\n";

	private static final String CONTENT = "hello, world\r\n!";

	private final Chunks chunks = new Chunks();

	@Test
	void theContentsOfChunksAreMovedTogether() throws IOException {
		assertThat(decode(BODY)).isEqualTo(CONTENT);
	}

	@Test
	void chunksMayBeCutAnywhere() throws IOException {
		for (int cut = 0; cut <= BODY.length(); cut++) {
			assertThat(decode(BODY.substring(0, cut)) + decode(BODY.substring(cut))).as("cut at " + cut)
				.isEqualTo(CONTENT);
		}
	}

	@Test
	void whatWasDecodedBeforeStays() throws IOException {
		ByteBuffer buffer = buffer("5\r\n" + "4\r\nword\r\n");
		assertThat(this.chunks.decode(buffer, 3)).isFalse();
		assertThat(text(buffer)).isEqualTo("5\r\nword");
	}

	@Test
	void theLastChunkIsReported() throws IOException {
		ByteBuffer buffer = buffer(BODY + "0\r\n\r\n");
		assertThat(this.chunks.decode(buffer, 0)).isTrue();
		assertThat(text(buffer)).isEqualTo(CONTENT);
	}

	@Test
	void whatIsNoSizeIsRefused() {
		assertThatIOException().isThrownBy(() -> decode("data: x"));
	}

	private String decode(String body) throws IOException {
		ByteBuffer buffer = buffer(body);
		assertThat(this.chunks.decode(buffer, 0)).isFalse();
		return text(buffer);
	}

	private static ByteBuffer buffer(String text) {
		return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
	}

	private static String text(ByteBuffer buffer) {
		return StandardCharsets.US_ASCII.decode(buffer).toString();
	}

}
