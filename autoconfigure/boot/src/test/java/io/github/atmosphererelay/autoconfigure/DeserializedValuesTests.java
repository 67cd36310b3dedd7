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

package io.github.atmosphererelay.autoconfigure;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.atmosphererelay.broadcast.internal.PayloadEncoder;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.test.MachineTime;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.Deserializer;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link DeserializedValues}.
 */
class DeserializedValuesTests {

	private static final byte[] VALUE = { 1 };

	private final PayloadEncoder encoder = new PayloadEncoder(null);

	@Test
	void aDeserializerSeesTheHeadersOfTheRecord() {
		Deserializer<String> deserializer = new Deserializer<>() {

			@Override
			public String deserialize(String topic, byte[] data) {
				throw new IllegalStateException("It needs the headers");
			}

			@Override
			public String deserialize(String topic, Headers headers, byte[] data) {
				return topic + new String(headers.lastHeader("type").value(), StandardCharsets.UTF_8);
			}

		};
		Headers headers = new RecordHeaders().add("type", "-a".getBytes(StandardCharsets.UTF_8));
		assertThat(new DeserializedValues(deserializer, this.encoder).read("prices", headers, VALUE))
			.isEqualTo(Payload.text("prices-a"));
	}

	/**
	 * One with a buffer gave one record the bytes of another.
	 */
	@Test
	void aDeserializerIsCalledByOneThreadAtATimeAlsoIfTwoFeedsHaveIt() throws Exception {
		AtomicInteger inside = new AtomicInteger();
		AtomicInteger most = new AtomicInteger();
		CountDownLatch entered = new CountDownLatch(1);
		CountDownLatch released = new CountDownLatch(1);
		Deserializer<String> deserializer = (topic, data) -> {
			most.accumulateAndGet(inside.incrementAndGet(), Math::max);
			entered.countDown();
			try {
				assertThat(released.await(10, TimeUnit.SECONDS)).isTrue();
			}
			catch (InterruptedException ex) {
				throw new IllegalStateException(ex);
			}
			inside.decrementAndGet();
			return "text";
		};
		List<DeserializedValues> feeds = List.of(new DeserializedValues(deserializer, this.encoder),
				new DeserializedValues(deserializer, this.encoder));
		List<Thread> threads = feeds.stream()
			.map((feed) -> new Thread(() -> feed.read("prices", new RecordHeaders(), VALUE)))
			.toList();
		threads.forEach(Thread::start);
		assertThat(entered.await(10, TimeUnit.SECONDS)).isTrue();
		MachineTime.await(Duration.ofSeconds(10))
			.until(() -> threads.stream().anyMatch((thread) -> thread.getState() == Thread.State.BLOCKED));
		released.countDown();
		for (Thread thread : threads) {
			thread.join(10_000);
		}
		assertThat(most).hasValue(1);
	}

}
