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

package io.github.atmosphererelay.relay.http.internal;

import java.net.URI;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;

import io.github.atmosphererelay.message.WireFormatException;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link ExchangeCodec}.
 */
class ExchangeCodecTests {

	private static final UUID SENDER = UUID.fromString("11111111-2222-4333-8444-555555555555");

	private static final UUID RECEIVER = UUID.fromString("66666666-7777-4888-8999-aaaaaaaaaaaa");

	@Test
	void keepsEveryPartOfARequest() {
		for (InterestUpdate update : List.of(InterestUpdate.NONE,
				new InterestUpdate.Delta(3,
						List.of(new InterestUpdate.Change(true, "channel:grüße"),
								new InterestUpdate.Change(false, "user:ann"))),
				new InterestUpdate.Part(9, 2, true, List.of("control", "channel:a")),
				new InterestUpdate.Part(9, 0, false, List.of()))) {
			for (Exchange.Presence presence : Exchange.Presence.values()) {
				Exchange exchange = exchange(update, presence);
				Exchange read = ExchangeCodec.decode(ExchangeCodec.encode(exchange), 100);
				assertThat(read).usingRecursiveComparison().isEqualTo(exchange);
			}
		}
	}

	@Test
	void keepsEveryPartOfAnAnswerAndLeavesWhatFollows() {
		Answer answer = new Answer(RECEIVER, 7, 42, 5, 6, 1, 99, 1500);
		byte[] encoded = ExchangeCodec.encode(answer);
		assertThat(ExchangeCodec.decodeAnswer(encoded)).isEqualTo(answer);
		assertThat(ExchangeCodec.decodeAnswer(Arrays.copyOf(encoded, encoded.length + 3))).isEqualTo(answer);
	}

	@Test
	void anAnswerOfAnEarlierReleaseSaysNothingOfWhatWasMissed() {
		byte[] encoded = ExchangeCodec.encode(new Answer(RECEIVER, 7, 42, 5, 6, 1, 99, 1500));
		assertThat(ExchangeCodec.decodeAnswer(Arrays.copyOf(encoded, encoded.length - 8)))
			.isEqualTo(new Answer(RECEIVER, 7, 42, 5, 6, 1, 99, 0));
	}

	@Test
	void aTruncatedRequestIsNone() {
		byte[] encoded = ExchangeCodec
			.encode(exchange(new InterestUpdate.Part(9, 2, true, List.of("control")), Exchange.Presence.DEAF));
		for (int length = 0; length < encoded.length; length++) {
			byte[] part = Arrays.copyOf(encoded, length);
			assertThatExceptionOfType(WireFormatException.class).isThrownBy(() -> ExchangeCodec.decode(part, 100));
		}
	}

	@Test
	void anEnvelopeAboveTheLimitIsRefusedBeforeMemoryIsAllocatedForIt() {
		byte[] encoded = ExchangeCodec.encode(exchange(InterestUpdate.NONE, Exchange.Presence.PRESENT));
		assertThatExceptionOfType(WireFormatException.class).isThrownBy(() -> ExchangeCodec.decode(encoded, 2))
			.satisfies((ex) -> assertThat(ex.getReason()).isEqualTo(WireFormatException.Reason.OVERSIZED));
	}

	@Test
	void aNegativeLengthIsMalformedAndNotTooLarge() {
		byte[] encoded = ExchangeCodec.encode(exchange(InterestUpdate.NONE, Exchange.Presence.PRESENT));
		// The length of the first envelope, before its three bytes and the empty second
		// one
		encoded[encoded.length - 11] = -1;
		assertThatExceptionOfType(WireFormatException.class).isThrownBy(() -> ExchangeCodec.decode(encoded, 100))
			.satisfies((ex) -> assertThat(ex.getReason()).isEqualTo(WireFormatException.Reason.MALFORMED));
	}

	private static Exchange exchange(InterestUpdate update, Exchange.Presence presence) {
		return new Exchange("chat", SENDER, RECEIVER, URI.create("https://chat-1.example:8443"), presence, 5, update, 2,
				3, List.of(HexFormat.of().parseHex("010203"), new byte[0]));
	}

}
