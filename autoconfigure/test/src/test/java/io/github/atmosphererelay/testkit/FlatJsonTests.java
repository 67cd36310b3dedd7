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

package io.github.atmosphererelay.testkit;

import io.github.atmosphererelay.message.internal.Json;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

/**
 * Tests for {@link FlatJson}.
 */
class FlatJsonTests {

	@Test
	void stringsNumbersAndBooleansAreRead() {
		assertThat(FlatJson.parse("{\"type\":\"message\",\"offset\":17,\"recovered\":true,\"empty\":\"\"}"))
			.containsExactly(entry("type", "message"), entry("offset", "17"), entry("recovered", "true"),
					entry("empty", ""));
	}

	@Test
	void whatTheLibraryQuotesIsReadAsItWas() {
		String text = "quote \" backslash \\ line \n tab \t zero \u0000 ü 👋 " + "\"".repeat(100_000);
		assertThat(FlatJson.parse("{\"data\":" + Json.quote(text) + "}")).containsExactly(entry("data", text));
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "text", "{", "{\"a\"", "{\"a\":\"", "{\"a\":1", "{\"a\":1}x", "{\"a\":{}}", "[1]",
			"{\"a\":\"\\u12\"}", "{\"a\":\"\\uxyzw\"}" })
	void whatIsNoSuchObjectIsNone(String text) {
		assertThat(FlatJson.parse(text)).isNull();
	}

}
