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

package io.github.atmosphererelay.message.internal;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link ChannelNames}, as far as paths are concerned.
 */
class ChannelNamesTests {

	@ParameterizedTest
	@CsvSource({ "chat/lobby, chat/lobby", "chat/lobby;jsessionid=0A, chat/lobby",
			"chat;JSESSIONID=0A/lobby;jsessionid=0B, chat/lobby", "chat/a;b=c, chat/a;b=c",
			"chat/a;b;jsessionid=0A;c, chat/a;b;c", "chat/a%3Bjsessionid=0A, chat/a;jsessionid=0A",
			"chat/jsessionid=0A, chat/jsessionid=0A", "chat/gr%C3%BC%C3%9Fe, chat/grüße", "a%2Fb, a/b" })
	void aSessionIdIsNotPartOfTheName(String path, String name) {
		assertThat(ChannelNames.ofPath(path)).isEqualTo(name);
	}

	@ParameterizedTest
	@ValueSource(strings = { "chat/%", "chat/%4", "chat/%zz", "chat/%ff", "chat/%C3%28", ";jsessionid=0A", "a//b" })
	void aMalformedPathIsRefused(String path) {
		assertThatIllegalArgumentException().isThrownBy(() -> ChannelNames.ofPath(path));
	}

	@Test
	void aPathParameterIsRemovedFromEachSegment() {
		assertThat(ChannelNames.withoutParameter("chat;SID=1/lobby;sid=2;x=3", "SID")).isEqualTo("chat/lobby;x=3");
	}

}
