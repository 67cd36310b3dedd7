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

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link Marker}.
 */
class MarkerTests {

	@ParameterizedTest
	@ValueSource(longs = { 0, 1, Long.MAX_VALUE, Long.MIN_VALUE, -1 })
	void whatIsWrittenIsRead(long sentAt) {
		Marker marker = new Marker(0xFFFE, Integer.MAX_VALUE, 123_456_789, sentAt);
		ByteBuffer text = ByteBuffer.allocate(200).put("7|".getBytes(StandardCharsets.US_ASCII));
		marker.write(text, 128);
		assertThat(text.position()).isEqualTo(2 + 128);
		assertThat(Marker.read(text, 2)).isEqualTo(marker);
	}

	@Test
	void aMarkerIsText() {
		ByteBuffer text = ByteBuffer.allocate(Marker.LENGTH + 4);
		new Marker(1, 2, 3, 4).write(text, Marker.LENGTH + 4);
		assertThat(new String(text.array(), StandardCharsets.US_ASCII))
			.isEqualTo("0001" + "00000002" + "00000003" + "0000000000000004" + "xxxx");
	}

}
