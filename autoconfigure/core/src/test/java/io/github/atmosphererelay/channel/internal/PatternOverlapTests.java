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

package io.github.atmosphererelay.channel.internal;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link PatternOverlap}.
 */
class PatternOverlapTests {

	@ParameterizedTest
	@CsvSource({ "orders/**, orders/{id}, true", "orders/**, orders, true", "orders/*, orders, false",
			"orders/*, orders/a/b, false", "**, a/b/c, true", "{*all}, a/b/c, true", "**/end, a/**, true",
			"**/end, a/b, false", "a{x}, b*, true", "a*, ba, false", "a?c/{x:[0-9]+}, abc/7, true",
			"a?c/{x:[0-9]+}, abc/seven, false", "orders/{id}, payments/{id}, false" })
	void patternsOverlapIfANameMayBeCoveredByBoth(String first, String second, boolean overlap) {
		ChannelPattern one = ChannelPattern.parse(first);
		ChannelPattern other = ChannelPattern.parse(second);
		assertThat(one.mayOverlap(other)).isEqualTo(overlap);
		assertThat(other.mayOverlap(one)).isEqualTo(overlap);
	}

}
