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

package io.github.atmosphererelay.door.atmosphere.internal;

import java.util.UUID;

import io.github.atmosphererelay.message.Position;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The tokens of clients that poll.
 */
class PollTokenTests {

	private static final UUID NODE = UUID.randomUUID();

	private static final String KEY = "0123456789abcdef0123456789abcdef";

	@Test
	void aTokenIsReadAsItWasWritten() {
		PollToken token = new PollToken(NODE, KEY, 12, new Position("e.1:x", 34));
		assertThat(PollToken.parse(token.toString())).isEqualTo(token);
		PollToken without = new PollToken(NODE, KEY, 0, null);
		assertThat(PollToken.parse(without.toString())).isEqualTo(without);
	}

	@Test
	void aTokenFitsIntoAHeader() {
		assertThat(new PollToken(NODE, KEY, 1, new Position("\u00fc\r\n", 1)).toString()).matches("[\\x21-\\x7e]+");
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "x", "a.b.c", "00000000-0000-0000-0000-000000000001.short.1",
			"00000000-0000-0000-0000-000000000001.0123456789abcdef.-1",
			"00000000-0000-0000-0000-000000000001.0123456789abcdef.1.%%",
			"00000000-0000-0000-0000-000000000001.0123456789abcdef.1.AAAA.2", "10.0.0.1.0123456789abcdef.1" })
	void whatIsNoTokenIsNotRead(String text) {
		assertThat(PollToken.parse(text)).isNull();
	}

}
