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

import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.message.Payload;
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
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Queues messages at sessions and waits until the writers have taken the last one out and
 * handed it to the socket.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class WriterBenchmark {

	/**
	 * How many sessions get each message.
	 */
	@Param({ "1", "1000" })
	public int sessions;

	/**
	 * How many messages are published in a row.
	 */
	@Param({ "1", "64" })
	public int messages;

	private final Payload payload = Payload.text("x".repeat(128));

	private final FakeNode node = new FakeNode();

	/**
	 * Open the sessions.
	 */
	@Setup
	public void open() {
		for (int i = 0; i < this.sessions; i++) {
			this.node.subscribe(this.node.open(), "chat/lobby");
		}
	}

	/**
	 * Publish the messages and wait until all are written. Makes {@link #sessions} times
	 * {@link #messages} deliveries.
	 */
	@Benchmark
	public void deliver() {
		for (int i = 0; i < this.messages; i++) {
			this.node.publish("chat/lobby", this.payload);
		}
		this.node.awaitWritten();
	}

	/**
	 * End the threads.
	 */
	@TearDown
	public void close() {
		this.node.close();
	}

}
