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

package io.github.atmosphererelay.benchmark.jmh;

import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.message.Audience;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.Sequence;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Writes and reads what nodes send each other.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class EnvelopeCodecBenchmark {

	/**
	 * The size of the message, in bytes.
	 */
	@Param({ "128", "4096" })
	public int bytes;

	private final EnvelopeCodec codec = new EnvelopeCodec(1 << 20);

	private Envelope envelope = envelope(0);

	private byte[] encoded = {};

	/**
	 * Make the envelope.
	 */
	@Setup
	public void envelope() {
		this.envelope = envelope(this.bytes);
		this.encoded = this.codec.encode(this.envelope);
	}

	private static Envelope envelope(int bytes) {
		return new Envelope(new UUID(1, 2), new UUID(3, 4), Envelope.Kind.MESSAGE, 1_800_000_000_000L,
				new Audience.Channel("chat/lobby", null), Map.of(), Payload.text("x".repeat(bytes)), new Sequence(5, 6),
				null);
	}

	/**
	 * Write an envelope.
	 * @return its bytes
	 */
	@Benchmark
	public byte[] encode() {
		return this.codec.encode(this.envelope);
	}

	/**
	 * Read an envelope.
	 * @return the envelope
	 */
	@Benchmark
	public Envelope decode() {
		return this.codec.decode(this.encoded);
	}

}
