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

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;

import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Audience;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link IncomingStream} and {@link IncomingStreams}.
 */
class IncomingStreamTests {

	private static final long WAIT_NANOS = Duration.ofSeconds(5).toNanos();

	private static final long MET = System.nanoTime();

	private final HttpRelayStatistics statistics = new HttpRelayStatistics();

	private final HeldListener listener = new HeldListener();

	private final OwnInterest interest = new OwnInterest();

	private final EnvelopeCodec codec = new EnvelopeCodec(1024);

	private final Receiver receiver = new Receiver(this.listener, this.interest,
			HttpTestBroker.settings("test", this.codec, Duration.ofSeconds(1)), this.statistics);

	private final UUID sender = UUID.randomUUID();

	IncomingStreamTests() {
		this.interest.subscribe(new Address.Channel("room"));
		this.receiver.start();
	}

	@AfterEach
	void stop() throws InterruptedException {
		this.listener.release();
		this.receiver.stop();
	}

	@Test
	void aPeerThatComesBackAfterItsStreamWasForgottenHasMissedMessages() throws InterruptedException {
		this.listener.release();
		IncomingStreams streams = new IncomingStreams(this.receiver, this.statistics, Duration.ZERO);
		assertThat(streams.of(this.sender).process(exchange(1, "one"), MET, WAIT_NANOS)).isEqualTo(1);
		streams.of(UUID.randomUUID());
		assertThat(streams.of(this.sender).process(exchange(1, "two"), MET, WAIT_NANOS)).isEqualTo(1);
		assertThat(this.listener.received()).containsExactly("one", "two");
		assertThat(this.listener.gaps()).containsExactly(new Address.Channel("room"));
	}

	@Test
	void whatIsSkippedAfterTheStopIsNotAcknowledged() throws InterruptedException {
		IncomingStream stream = new IncomingStream(this.receiver, this.statistics, false);
		assertThat(stream.process(exchange(1, "one", "two", "three"), MET, 1)).isZero();
		await().until(this.listener::isCalled);
		Thread stopping = new Thread(() -> {
			try {
				this.receiver.stop();
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
		});
		stopping.start();
		await().until(() -> stopping.getState() == Thread.State.TIMED_WAITING);
		this.listener.release();
		assertThat(stream.process(exchange(1, "one", "two", "three"), MET, WAIT_NANOS)).isEqualTo(1);
		assertThat(this.listener.received()).containsExactly("one");
	}

	@Test
	void theLastBatchOfALeavingPeerIsTakenAlthoughOneIsNotProcessed() throws InterruptedException {
		IncomingStream stream = new IncomingStream(this.receiver, this.statistics, false);
		assertThat(stream.process(exchange(1, "one"), MET, 1)).isZero();
		assertThat(stream.process(exchange(1, "one", "two"), MET, 1)).as("later").isZero();
		Exchange last = exchange(Exchange.Presence.LEAVING, 1, "one", "two", "three");
		assertThat(stream.process(last, MET, 1)).isZero();
		this.listener.release();
		await().untilAsserted(() -> assertThat(this.listener.received()).containsExactly("one", "two", "three"));
		assertThat(stream.process(last, MET, WAIT_NANOS)).as("and again").isEqualTo(3);
		assertThat(this.listener.received()).hasSize(3);
		assertThat(this.listener.gaps()).isEmpty();
		assertThat(stream.isLeaving()).isTrue();
	}

	private Exchange exchange(long first, String... texts) {
		return exchange(Exchange.Presence.PRESENT, first, texts);
	}

	private Exchange exchange(Exchange.Presence presence, long first, String... texts) {
		List<byte[]> envelopes = List.of(texts)
			.stream()
			.map((text) -> this.codec.encode(new Envelope(UUID.randomUUID(), this.sender, Envelope.Kind.MESSAGE, 0,
					new Audience.Channel("room", null), Map.of(), Payload.text(text), null, null)))
			.toList();
		return new Exchange("test", this.sender, UUID.randomUUID(), null, presence, 0, InterestUpdate.NONE, 1, first,
				envelopes);
	}

}
