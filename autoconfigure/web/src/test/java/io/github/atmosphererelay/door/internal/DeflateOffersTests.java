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

package io.github.atmosphererelay.door.internal;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link DeflateOffers}.
 */
class DeflateOffersTests {

	@ParameterizedTest
	@CsvSource(delimiter = '#', quoteCharacter = '`', nullValues = "-", value = {
			"permessage-deflate#permessage-deflate",
			"permessage-deflate; client_max_window_bits#permessage-deflate; client_max_window_bits",
			"permessage-deflate; server_max_window_bits=\"10\"#permessage-deflate; server_max_window_bits=\"10\"",
			"permessage-deflate; server_max_window_bits=99#``", "permessage-deflate; server_max_window_bits#``",
			"permessage-deflate; client_max_window_bits=7#``", "permessage-deflate; foo#``",
			"permessage-deflate; server_no_context_takeover=1#``",
			"permessage-deflate; client_max_window_bits; client_max_window_bits#``",
			"permessage-deflate; foo, permessage-deflate#permessage-deflate",
			"other; foo=\"a,b\", permessage-deflate#other; foo=\"a,b\", permessage-deflate" })
	void offersThatHaveToBeDeclinedAreLeftOut(String header, String valid) {
		assertThat(DeflateOffers.valid(header)).isEqualTo(valid);
	}

}
