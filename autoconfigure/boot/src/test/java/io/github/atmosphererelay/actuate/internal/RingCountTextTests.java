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

package io.github.atmosphererelay.actuate.internal;

import java.util.Map;

import io.github.atmosphererelay.routing.internal.RingCount;
import io.github.atmosphererelay.routing.internal.RingCount.Share;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link RingCountText}.
 */
class RingCountTextTests {

	@Test
	void whatIsWrittenCanBeRead() {
		RingCount count = new RingCount(3, 5, 2, Map.of("node-0", new Share(1, 2), "", new Share(2, 3)));
		assertThat(RingCountText.read(RingCountText.write(count))).isEqualTo(count);
		RingCount empty = new RingCount(0, 0, 0, Map.of());
		assertThat(RingCountText.read(RingCountText.write(empty))).isEqualTo(empty);
	}

	@Test
	void theFormOfAnotherReleaseIsRefused() {
		assertThatIllegalArgumentException().isThrownBy(() -> RingCountText.read("2\n3\t5\t2\n"))
			.withMessageContaining("another release");
		assertThatIllegalArgumentException().isThrownBy(() -> RingCountText.read("1\nx\ty\tz\n"));
		assertThatIllegalArgumentException().isThrownBy(() -> RingCountText.read(""));
	}

}
