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

package io.github.atmosphererelay.demo.odds;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link OddsFormat}.
 */
class OddsFormatTests {

	@ParameterizedTest
	@CsvSource({ "250, 2.50, 3/2, +150", "200, 2.00, 1/1, +100", "150, 1.50, 1/2, -200", "191, 1.91, 9/10, -110",
			"102, 1.02, 1/20, -5000", "5000, 50.00, 49/1, +4900", "205, 2.05, 21/20, +105", "199, 1.99, 1/1, -101" })
	void aPriceIsWrittenInEachFormat(int price, String decimal, String fractional, String american) {
		assertThat(OddsFormat.DECIMAL.write(price)).isEqualTo(decimal);
		assertThat(OddsFormat.FRACTIONAL.write(price)).isEqualTo(fractional);
		assertThat(OddsFormat.AMERICAN.write(price)).isEqualTo(american);
	}

	@Test
	void aFormatIsFoundByItsNameAndDecimalIsTheDefault() {
		assertThat(OddsFormat.of("american")).isEqualTo(OddsFormat.AMERICAN);
		assertThat(OddsFormat.of("Fractional")).isEqualTo(OddsFormat.FRACTIONAL);
		assertThat(OddsFormat.of("roman")).isEqualTo(OddsFormat.DECIMAL);
	}

}
