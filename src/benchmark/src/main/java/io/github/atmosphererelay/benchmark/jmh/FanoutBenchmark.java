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

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.session.internal.LocalSession;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
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
 * Finds the sessions of a channel and queues a message at each: what a publisher waits
 * for. Between two messages, outside of what is measured, the writers empty the queues.
 * Each message is timed for itself, which adds the cost of reading the clock, a few dozen
 * nanoseconds, to what few subscribers take.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class FanoutBenchmark {

	private static final int OTHERS = 1000;

	/**
	 * How many sessions are in the channel.
	 */
	@Param({ "10", "1000", "10000" })
	public int subscribers;

	/**
	 * How many channels there are, with sessions in all of them. What a message costs
	 * must not depend on it.
	 */
	@Param({ "1", "100000" })
	public int channels;

	private final Payload payload = Payload.text("x".repeat(128));

	private final FakeNode node = new FakeNode();

	/**
	 * Open the sessions.
	 */
	@Setup
	public void open() {
		for (int i = 0; i < this.subscribers; i++) {
			this.node.subscribe(this.node.open(), "chat/lobby");
		}
		List<LocalSession> others = new ArrayList<>();
		for (int i = 0; i < Math.min(OTHERS, this.channels - 1); i++) {
			others.add(this.node.open());
		}
		for (int i = 0; i < this.channels - 1; i++) {
			this.node.subscribe(others.get(i % others.size()), "chat/" + i);
		}
	}

	/**
	 * Publish a message.
	 * @return how many sessions it is queued at
	 */
	@Benchmark
	public int publish() {
		return this.node.publish("chat/lobby", this.payload);
	}

	/**
	 * Let the writers empty the queues.
	 */
	@TearDown(Level.Invocation)
	public void awaitWritten() {
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
