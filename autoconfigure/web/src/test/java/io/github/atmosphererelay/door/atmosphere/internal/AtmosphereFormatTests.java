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

import java.nio.charset.StandardCharsets;

import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.session.internal.OutboundMessage;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Messages as clients receive them over HTTP.
 */
class AtmosphereFormatTests {

	private static String encode(AtmosphereFormat format, String text) {
		return new String(format.bytes(new OutboundMessage(Payload.text(text), "c")), StandardCharsets.UTF_8);
	}

	@Test
	void lengthsAreThoseOfJavaScript() {
		assertThat(encode(AtmosphereFormat.TEXT_WITH_LENGTH, "a\ud83d\ude00\u00fc")).isEqualTo("4|a\ud83d\ude00\u00fc");
		assertThat(encode(AtmosphereFormat.TEXT, "a|b")).isEqualTo("a|b");
	}

	@Test
	void theLengthOfAnEventIsThatOfWhatTheClientPutsTogether() {
		assertThat(encode(AtmosphereFormat.EVENTS_WITH_LENGTH, "a\r\nb\rc\n"))
			.isEqualTo("data: 6|a\ndata: b\ndata: c\ndata: \n\n");
		assertThat(encode(AtmosphereFormat.EVENTS, "a\nb")).isEqualTo("data: a\ndata: b\n\n");
	}

	@Test
	void aBinaryMessageIsSentInBase64() {
		OutboundMessage message = new OutboundMessage(Payload.binary(new byte[] { (byte) 0xff, 0 }), "c");
		assertThat(AtmosphereFormat.TEXT.bytes(message)).asString().isEqualTo("/wA=");
	}

	@Test
	void anEmptyMessageIsNotSent() {
		assertThat(encode(AtmosphereFormat.EVENTS_WITH_LENGTH, "")).isEmpty();
		assertThat(encode(AtmosphereFormat.TEXT_WITH_LENGTH, "")).isEmpty();
	}

	@Test
	void aClientSplitsWhatComesAtOnceByTheLengths() {
		AtmosphereJsModel client = new AtmosphereJsModel(false, true);
		client.receive(
				encode(AtmosphereFormat.TEXT_WITH_LENGTH, "1|2") + encode(AtmosphereFormat.TEXT_WITH_LENGTH, "\u00fc"));
		assertThat(client.messages()).containsExactly("1|2", "\u00fc");
	}

}
