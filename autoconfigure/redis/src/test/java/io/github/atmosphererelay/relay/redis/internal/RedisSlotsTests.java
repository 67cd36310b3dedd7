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

import io.lettuce.core.cluster.SlotHash;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link RedisSlots}.
 */
class RedisSlotsTests {

	@ParameterizedTest
	@ValueSource(strings = { "a", "123456789", "app:log:{chat/lobby}:state", "{}{a}", "{a", "}a{", "a{}b", "日本語",
			"app:{x}:log:{y}:state" })
	void slotsAreThoseOfRedisAndHaveANameForAKeyInThem(String key) {
		assertThat(RedisSlots.slot(key)).isEqualTo(SlotHash.getSlot(key));
		String name = RedisSlots.inSlotOf(key, "births:");
		assertThat(SlotHash.getSlot(name)).isEqualTo(SlotHash.getSlot(key));
		assertThat(RedisSlots.inSlotOf(name, "births:")).isEqualTo(name);
	}

}
