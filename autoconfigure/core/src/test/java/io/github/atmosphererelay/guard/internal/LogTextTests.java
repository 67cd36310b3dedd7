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

package io.github.atmosphererelay.guard.internal;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link LogText}.
 */
class LogTextTests {

	@Test
	void aQuotedTextIsOneLineOfPrintableCharacters() {
		assertThat(LogText.quote("plain /path?x=1")).isEqualTo("'plain /path?x=1'");
		assertThat(LogText.quote("a\r\nb\tc\u001b[0m\u2028\u202e\u00fc'\\"))
			.isEqualTo("'a\\u000d\\u000ab\\u0009c\\u001b[0m\\u2028\\u202e\\u00fc\\'\\\\'");
		assertThat(LogText.quote(null)).isEqualTo("''");
	}

	@Test
	void aLongTextIsCut() {
		assertThat(LogText.quote("x".repeat(10_000))).isEqualTo("'" + "x".repeat(200) + "' (cut, 10000 characters)");
		assertThat(LogText.quote("x".repeat(200))).isEqualTo("'" + "x".repeat(200) + "'");
	}

	@Test
	void lineEndsAndControlCharactersAreEscaped() {
		assertThat(LogText.line("grüße 'x'\r\n\u0085\u2028\u001b\u202e"))
			.isEqualTo("grüße 'x'\\u000d\\u000a\\u0085\\u2028\\u001b\\u202e");
	}

}
