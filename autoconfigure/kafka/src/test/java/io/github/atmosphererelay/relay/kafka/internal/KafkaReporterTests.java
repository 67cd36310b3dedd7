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

package io.github.atmosphererelay.relay.kafka.internal;

import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

import io.github.atmosphererelay.contract.broker.LogLines;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link KafkaReporter}, with a clock of the test's own.
 */
class KafkaReporterTests {

	private final AtomicLong nanoTime = new AtomicLong(Long.MAX_VALUE - 1000);

	private final KafkaReporter reporter = new KafkaReporter(
			KafkaTestBroker.settings(UUID.randomUUID(), "topic", 3, new EnvelopeCodec(1024)), this.nanoTime::get);

	private final LogLines lines = LogLines.of();

	@AfterEach
	void close() {
		this.lines.close();
	}

	/**
	 * Fail as often as attempts are made, and return how many lines there were.
	 */
	private int failFor(Duration time, Throwable failure) {
		this.lines.clear();
		for (long second = 0; second < time.toSeconds(); second++) {
			this.nanoTime.addAndGet(Duration.ofSeconds(1).toNanos());
			this.reporter.failed(failure);
		}
		return this.lines.own().size();
	}

	@Test
	void aBrokerThatStaysAwayIsALineAtOnceAndThenOneAMinute() {
		Throwable failure = new KafkaException("nobody listens");
		this.reporter.connected();
		assertThat(failFor(Duration.ofSeconds(60), failure)).isOne();
		assertThat(this.lines.own()).containsExactly(
				"The kafka relay cannot use topic 'topic', so messages do not reach other nodes. It keeps trying: "
						+ "org.apache.kafka.common.KafkaException: nobody listens");
		assertThat(failFor(Duration.ofSeconds(1), failure)).isOne();
		assertThat(this.lines.own()).containsExactly(
				"The kafka relay cannot use topic 'topic', so messages do not reach other nodes. It keeps trying, for"
						+ " 60 s now: org.apache.kafka.common.KafkaException: nobody listens");
		assertThat(failFor(Duration.ofSeconds(59), failure)).isZero();
		assertThat(failFor(Duration.ofMinutes(10), failure)).isEqualTo(10);
		this.lines.clear();
		this.reporter.connected();
		assertThat(this.lines.own())
			.containsExactly("The kafka relay is connected to topic 'topic' again, after 719 s");
	}

	@Test
	void anotherKindOfFailureIsALineOfItsOwnAndPutsTheNextOneOff() {
		failFor(Duration.ofSeconds(30), new KafkaException("nobody listens"));
		assertThat(failFor(Duration.ofSeconds(60), new TimeoutException("no answer"))).isOne();
		assertThat(this.lines.own()).allSatisfy((line) -> assertThat(line).endsWith("no answer"));
		assertThat(failFor(Duration.ofSeconds(2), new KafkaException("nobody listens"))).isOne();
		assertThat(this.lines.own()).allSatisfy((line) -> assertThat(line).contains("for 90 s now"));
	}

	@Test
	void anOutageThatFollowsOnAConnectionIsReportedAnew() {
		Throwable failure = new KafkaException("nobody listens");
		failFor(Duration.ofSeconds(5), failure);
		this.reporter.connected();
		assertThat(failFor(Duration.ofSeconds(5), failure)).isOne();
	}

	@Test
	void failuresOfEverNewKindsDoNotFillTheLog() {
		Stream
			.of(new KafkaException(), new TimeoutException(), new IllegalStateException(),
					new IllegalArgumentException(), new NullPointerException(), new ArithmeticException(),
					new ClassCastException(), new IndexOutOfBoundsException(), new UnsupportedOperationException(),
					new SecurityException(), new NumberFormatException(), new RuntimeException())
			.forEach(this.reporter::failed);
		assertThat(this.lines.own()).hasSize(10);
	}

}
