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

import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link ChannelPattern}.
 */
class ChannelPatternTests {

	@Test
	void variablesAreExtractedFromNames() {
		ChannelPattern pattern = ChannelPattern.parse("chat/{room}/{id:[0-9]{1,3}}/{*rest}");
		assertThat(pattern.variables()).containsExactlyInAnyOrder("room", "id", "rest");
		assertThat(pattern.match("chat/lobby/42/a/b")).isEqualTo(Map.of("room", "lobby", "id", "42", "rest", "/a/b"));
		assertThat(pattern.match("chat/lobby/1234")).isNull();
		assertThat(pattern).hasToString("chat/{room}/{id:[0-9]{1,3}}/{*rest}");
	}

	@Test
	void theShapeIsThePatternWithoutTheNamesOfItsVariables() {
		assertThat(shape("chat/{room}")).isEqualTo(shape("chat/{name}")).isEqualTo(shape("chat/{x}"));
		assertThat(shape("chat/{room}")).isNotEqualTo(shape("chat/{*room}")).isNotEqualTo(shape("chat/*"));
		assertThat(shape("{a:[0-9]{1,3}}/{b}")).isEqualTo(shape("{c:[0-9]{1,3}}/{d}"))
			.isNotEqualTo(shape("{c:[0-9]{1,4}}/{d}"));
	}

	@Test
	void theMoreSpecificPatternIsTheSmallerOne() {
		assertThat(ChannelPattern.parse("chat/lobby")).isLessThan(ChannelPattern.parse("chat/{room}"));
		assertThat(ChannelPattern.parse("chat/{room}")).isLessThan(ChannelPattern.parse("chat/**"));
	}

	@ParameterizedTest
	@CsvSource(delimiter = ';', quoteCharacter = '"', textBlock = """
			/chat/**;      names of channels do not begin with a slash: write 'chat/**'
			chat/;         names of channels do not end with a slash and have no empty segments
			chat//{room};  names of channels do not end with a slash and have no empty segments
			chat/a b;      names of channels have no whitespace
			chat/***;      '***' is no wildcard
			chat/a**;      'a**' is no wildcard
			api/**;        the first segment 'api' is reserved
			connection;    the first segment 'connection' is reserved
			console/{x};   the first segment 'console' is reserved
			client.js;     the first segment 'client.js' is reserved
			"";            it is empty
			""")
	void anInvalidPatternIsRefusedWithTheReason(String pattern, String fault) {
		assertThatIllegalArgumentException().isThrownBy(() -> ChannelPattern.parse(pattern))
			.withMessageStartingWith(fault);
	}

	@ParameterizedTest
	@ValueSource(strings = { "**", "*", "chat/**", "a*b/{x}", "{*rest}", "apis/**", "{first}/api", "{id:[a-z]{1,3}}x" })
	void validPatternsAreParsed(String pattern) {
		assertThat(ChannelPattern.parse(pattern)).hasToString(pattern);
	}

	private static String shape(String pattern) {
		return ChannelPattern.parse(pattern).shape();
	}

}
