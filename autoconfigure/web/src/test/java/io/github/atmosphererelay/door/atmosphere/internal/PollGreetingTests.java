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

import io.github.atmosphererelay.door.raw.internal.AtmosphereParameters;
import io.github.atmosphererelay.door.raw.internal.AtmosphereParameters.Transport;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What clients make of the frame that tells them that they are connected.
 */
class PollGreetingTests {

	private static PollGreeting greeting(boolean protocol, boolean lengths) {
		return new PollGreeting(new AtmosphereParameters(Transport.POLLING, protocol, lengths, "0", null), "9f-1");
	}

	@Test
	void aClientGetsItsId() {
		AtmosphereJsModel plain = new AtmosphereJsModel(true, false);
		plain.receive(greeting(true, false).first());
		AtmosphereJsModel withLengths = new AtmosphereJsModel(true, true);
		withLengths.receive(greeting(true, true).first());
		assertThat(plain.id()).isEqualTo("9f-1");
		assertThat(withLengths.id()).isEqualTo("9f-1");
		assertThat(plain.messages()).isEmpty();
		assertThat(withLengths.messages()).isEmpty();
	}

	@Test
	void aClientWithoutTheProtocolGetsNone() {
		assertThat(greeting(false, false).first()).isEmpty();
		assertThat(greeting(false, true).first()).isEmpty();
		assertThat(greeting(false, true).neutral()).isEmpty();
	}

	@Test
	void theNeutralAnswerIsNoMessageForAClientThatWaitsForTheFrameAndForOneThatDoesNot() {
		PollGreeting greeting = greeting(true, true);
		AtmosphereJsModel client = new AtmosphereJsModel(true, true);
		client.receive(greeting.first());
		client.receive(greeting.neutral());
		assertThat(client.messages()).isEmpty();
		client.receive("5|a|b|c1|d");
		client.reset();
		client.receive(greeting.neutral());
		client.receive("5|e|f|g3|h|i");
		client.receive(greeting.neutral());
		client.receive("1|j");
		assertThat(client.messages()).containsExactly("a|b|c", "d", "e|f|g", "h|i", "j");
		assertThat(greeting.isMistaken(client.id(), "9f-1")).isFalse();
	}

	@Test
	void aMessageThatIsTakenForTheFrameIsNoticed() {
		PollGreeting greeting = greeting(true, false);
		AtmosphereJsModel client = new AtmosphereJsModel(true, false);
		client.receive(greeting.first());
		String before = client.id();
		client.reset();
		client.receive(greeting.neutral());
		client.receive("{\"t\":\"a|b\"}");
		assertThat(client.messages()).isEmpty();
		assertThat(greeting.isMistaken(client.id(), before)).isTrue();
		assertThat(greeting.isMistaken(client.id(), client.id())).isFalse();
		client.receive("{\"t\":\"a|b\"}");
		assertThat(client.messages()).containsExactly("{\"t\":\"a|b\"}");
	}

}
