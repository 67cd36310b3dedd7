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

package io.github.atmosphererelay.gateway;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for what messages may hold if no property says so.
 */
class HeldByDefaultTests {

	private static final long MB = 1_024 * 1_024;

	@Test
	void aQuarterOfTheDirectMemoryIsHeldAtMost() {
		assertThat(AtmosphereGatewayAutoConfiguration.heldByDefault(32 * MB, 256 * MB)).isEqualTo(64 * MB);
		assertThat(AtmosphereGatewayAutoConfiguration.heldByDefault(32 * MB, 8_192 * MB)).isEqualTo(128 * MB);
	}

	@Test
	void thereIsRoomForTwoMessagesHoweverLittleThatIs() {
		assertThat(AtmosphereGatewayAutoConfiguration.heldByDefault(32 * MB, 96 * MB)).isEqualTo(32 * MB);
	}

}
