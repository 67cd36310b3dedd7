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

package io.github.atmosphererelay.door.raw.internal;

import io.github.atmosphererelay.message.Payload;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link TokenFrame}.
 */
class TokenFrameTests {

	@ParameterizedTest
	@ValueSource(strings = { "{\"type\":\"auth\",\"token\":\"a.b-c_d\"}", "{\"token\":\"a.b-c_d\",\"type\":\"auth\"}",
			" {\n\t\"type\" : \"auth\" ,\r\n \"token\" : \"a.b-c_d\" } ",
			"{\"type\":\"auth\",\"token\":\"a.b\\u002dc_d\"}" })
	void theTokenIsFound(String frame) {
		assertThat(TokenFrame.token(frame)).isEqualTo("a.b-c_d");
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "{}", "{\"type\":\"auth\"}", "{\"token\":\"a\"}", "{\"type\":\"auth\",\"token\":\"\"}",
			"{\"type\":\"other\",\"token\":\"a\"}", "{\"type\":\"auth\",\"token\":\"a b\"}",
			"{\"type\":\"auth\",\"token\":\"a\",\"more\":1}", "[{\"type\":\"auth\",\"token\":\"a\"}]",
			"{\"type\":\"auth\",\"token\":\"a\"}x", "{\"type\":\"auth\",\"token\":\"a\\u0020\"}",
			"{\"type\":\"auth\",\"type\":\"auth\",\"token\":\"a\"}", "{\"type\":\"auth\",\"token\":\"a\"",
			"{\"type\":\"auth\",\"token\":[\"a\"]}", "{'type':'auth','token':'a'}" })
	void anythingElseIsNoSuchFrame(String frame) {
		assertThat(TokenFrame.token(frame)).isNull();
	}

	@Test
	void binaryAndLargeMessagesAreNoSuchFrames() {
		String frame = "{\"type\":\"auth\",\"token\":\"a\"}";
		assertThat(TokenFrame.token(Payload.text(frame))).isEqualTo("a");
		assertThat(TokenFrame.token(Payload.binary(frame.getBytes()))).isNull();
		assertThat(TokenFrame.token(Payload.text(frame + " ".repeat(TokenFrame.MAX_SIZE)))).isNull();
	}

}
