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

package io.github.atmosphererelay.session.internal;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.HashSet;
import java.util.Set;

import io.github.atmosphererelay.session.CloseReason;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link EndReason}.
 */
class EndReasonTests {

	@Test
	void everythingThatTheNodeClosesSessionsWithHasAReasonOfItsOwn() throws IllegalAccessException {
		Set<EndReason> reasons = new HashSet<>();
		for (Field field : CloseReason.class.getDeclaredFields()) {
			if (field.getType() == CloseReason.class && Modifier.isPublic(field.getModifiers())) {
				EndReason reason = EndReason.of((CloseReason) field.get(null), 1000);
				assertThat(reason).as(field.getName()).isNotEqualTo(EndReason.CLOSED).hasToString(field.getName());
				reasons.add(reason);
			}
		}
		assertThat(reasons).hasSize(EndReason.values().length - 3);
	}

	@Test
	void otherwiseItIsTheApplicationTheClientOrTheConnection() {
		assertThat(EndReason.of(new CloseReason(4000, "bye"), 4000)).isEqualTo(EndReason.CLOSED);
		assertThat(EndReason.of(null, 1000)).isEqualTo(EndReason.CLIENT);
		assertThat(EndReason.of(null, 1006)).isEqualTo(EndReason.CONNECTION_LOST);
	}

}
