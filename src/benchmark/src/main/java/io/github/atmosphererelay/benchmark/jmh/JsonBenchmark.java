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

import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.message.Payload;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.boot.jackson.autoconfigure.JacksonAutoConfiguration;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;

/**
 * Writes an object as JSON, with the mapper that Spring Boot gives to an application.
 * Done once for a message, however many receive it.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class JsonBenchmark {

	private final AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext(
			JacksonAutoConfiguration.class);

	private final JsonMapper mapper = this.context.getBean(JsonMapper.class);

	private final ChatMessage message = new ChatMessage(4711, "alice", "x".repeat(64),
			Instant.parse("2026-01-01T12:00:00Z"), List.of("greeting", "lobby"));

	/**
	 * Write an object.
	 * @return the message that is sent
	 */
	@Benchmark
	public Payload encode() {
		return Payload.text(this.mapper.writeValueAsBytes(this.message));
	}

	/**
	 * End the application.
	 */
	@TearDown
	public void close() {
		this.context.close();
	}

	/**
	 * What an application sends.
	 *
	 * @param id a number
	 * @param author a name
	 * @param text a text
	 * @param sentAt a time
	 * @param tags a list
	 */
	record ChatMessage(long id, String author, String text, Instant sentAt, List<String> tags) {

	}

}
