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

package io.github.atmosphererelay.feed.internal;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;

import io.github.atmosphererelay.feed.ForwardedRange;
import io.github.atmosphererelay.feed.ForwardedRecord;
import io.github.atmosphererelay.message.Payload;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class RangeCodecTests {

	private final List<ForwardedRange> ranges = List.of(
			new ForwardedRange("prices", UUID.randomUUID(), "topic-12", 3, 10, 20, 7,
					List.of(new ForwardedRecord(11, 1, "prices/ä", Payload.text("\"é\""), Map.of("a", "1", "b", "")),
							new ForwardedRecord(12, 2, "prices/b", Payload.binary(new byte[] { 0, -1 }), Map.of()))),
			new ForwardedRange("orders", UUID.randomUUID(), "other-1", 0, 5, 5, 1, List.of()));

	@Test
	void rangesAreDecodedAsTheyWereEncoded() {
		assertThat(RangeCodec.decode(RangeCodec.encode(this.ranges))).isEqualTo(this.ranges);
		assertThat(RangeCodec.decode(RangeCodec.encode(List.of()))).isEmpty();
	}

	@Test
	void whatIsCutOffOrLongerOrSomethingElseIsRefusedWithoutAllocatingForIt() {
		byte[] bytes = RangeCodec.encode(this.ranges);
		for (int length = 0; length < bytes.length; length++) {
			byte[] cut = Arrays.copyOf(bytes, length);
			assertThatIllegalArgumentException().isThrownBy(() -> RangeCodec.decode(cut));
		}
		assertThatIllegalArgumentException().isThrownBy(() -> RangeCodec.decode(Arrays.copyOf(bytes, 1000)));
		byte[] huge = bytes.clone();
		Arrays.fill(huge, 1, 5, (byte) 127);
		assertThatIllegalArgumentException().isThrownBy(() -> RangeCodec.decode(huge));
		byte[] other = bytes.clone();
		other[0] = 9;
		assertThatIllegalArgumentException().isThrownBy(() -> RangeCodec.decode(other))
			.withMessageContaining("version");
	}

}
