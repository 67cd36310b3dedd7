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

package io.github.atmosphererelay.door.centrifuge.internal;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.internal.OutboundMessage;
import io.github.atmosphererelay.session.internal.SessionTransport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link CentrifugeTransport} and {@link Disconnects}.
 */
class CentrifugeTransportTests {

	private final Socket socket = new Socket();

	private final CentrifugeTransport transport = new CentrifugeTransport(this.socket, new JsonCodec());

	@Test
	void whatWaitsGoesOutInOneFrame() throws IOException {
		this.transport.write(OutboundMessage.frame(Payload.text("{\"id\":1}")));
		this.transport.write(new OutboundMessage(Payload.text("[1,\n2]"), "chat/a"));
		this.transport.ping();
		assertThat(this.socket.frames).isEmpty();
		this.transport.flush(() -> {
		});
		assertThat(this.socket.frames)
			.containsExactly("{\"id\":1}\n{\"push\":{\"channel\":\"chat/a\",\"pub\":{\"data\":[1,2]}}}\n{}");
		this.transport.flush(() -> {
		});
		assertThat(this.socket.frames).hasSize(1);
	}

	@Test
	void framesAreBoundedAndALargeMessageHasOneOfItsOwn() throws IOException {
		for (int i = 0; i < 10; i++) {
			this.transport.write(OutboundMessage.frame(Payload.text("a".repeat(10_000))));
		}
		this.transport.write(OutboundMessage.frame(Payload.text("b".repeat(200_000))));
		this.transport.write(OutboundMessage.frame(Payload.text("c")));
		this.transport.flush(() -> {
		});
		assertThat(this.socket.frames).extracting(String::length).containsExactly(60_005, 40_003, 200_000, 1);
	}

	@Test
	void aMessageForManyIsEncodedOnceAndHandedOnAsItIs() throws IOException {
		Codec codec = new JsonCodec();
		OutboundMessage message = new OutboundMessage(Payload.text("1"), "chat/a");
		Socket other = new Socket();
		for (Socket each : List.of(this.socket, other)) {
			CentrifugeTransport transport = new CentrifugeTransport(each, codec);
			transport.write(message);
			transport.flush(() -> {
			});
		}
		assertThat(this.socket.payloads.get(0)).isSameAs(other.payloads.get(0));
	}

	@Test
	void whatWasLeftBehindByABrokenSessionIsForgotten() throws IOException {
		this.transport.write(OutboundMessage.frame(Payload.text("lost")));
		Socket next = new Socket();
		CentrifugeTransport transport = new CentrifugeTransport(next, new JsonCodec());
		transport.write(OutboundMessage.frame(Payload.text("kept")));
		transport.flush(() -> {
		});
		assertThat(next.frames).containsExactly("kept");
	}

	@Test
	void eachPingHasOneAnswer() throws IOException {
		assertThat(this.transport.pong()).isFalse();
		this.transport.ping();
		this.transport.ping();
		assertThat(this.transport.pong()).isTrue();
		assertThat(this.transport.pong()).isTrue();
		assertThat(this.transport.pong()).isFalse();
	}

	@ParameterizedTest
	@CsvSource(quoteCharacter = '`',
			value = { "1001,`node is shutting down, please reconnect`,3001,shutdown", "1000,bye,3503,bye",
					"1008,no,3507,no", "1011,gone,3000,gone", "1009,message too big,3501,message too big",
					"4123,own,4123,own", "3500,invalid token,3500,invalid token", "4000,{},4000,closed",
					"4000,true,4000,closed", "4000,12,4000,closed", "4000,truth,4000,truth" })
	void reasonsAreTranslatedAndAreNeverJson(int code, String text, int expectedCode, String expectedText) {
		this.transport.close(new CloseReason(code, text));
		assertThat(this.socket.closed).isEqualTo(new CloseReason(expectedCode, expectedText));
	}

	@Test
	void theReasonsOfOtherPartsOfTheNodeAreKnown() {
		assertThat(Disconnects.of(CloseReason.GOING_AWAY)).isEqualTo(Disconnects.SHUTDOWN);
		assertThat(Disconnects.of(CloseReason.SLOW_CONSUMER)).isEqualTo(Disconnects.SLOW);
		assertThat(Disconnects.of(CloseReason.NO_PONG)).isEqualTo(Disconnects.NO_PONG);
		assertThat(Disconnects.of(CloseReason.OVERLOADED)).isEqualTo(Disconnects.TOO_MANY_REQUESTS);
		assertThat(Disconnects.of(CloseReason.RATE_LIMIT)).isEqualTo(Disconnects.TOO_MANY_REQUESTS);
		assertThat(Disconnects.of(CloseReason.TOO_BIG)).isEqualTo(Disconnects.TOO_BIG);
		assertThat(Disconnects.of(CloseReason.EXPIRED)).isEqualTo(CloseReason.EXPIRED);
	}

	/**
	 * Keeps what is written to it.
	 */
	private static final class Socket implements SessionTransport {

		private final List<Payload> payloads = new ArrayList<>();

		private final List<String> frames = new ArrayList<>();

		private CloseReason closed;

		@Override
		public void write(OutboundMessage message) {
			this.payloads.add(message.payload());
			this.frames.add(message.payload().asText());
		}

		@Override
		public boolean flush(Runnable whenFlushed) {
			return true;
		}

		@Override
		public void ping() {
			throw new IllegalStateException("There are no WebSocket pings");
		}

		@Override
		public void close(CloseReason reason) {
			this.closed = reason;
		}

		@Override
		public void abort(CloseReason reason) {
			this.closed = reason;
		}

	}

}
