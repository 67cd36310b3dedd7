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

import java.util.Collection;

import io.github.atmosphererelay.door.centrifuge.internal.PublicationBenchmark;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Runs each benchmark class of JMH for a moment, in this JVM.
 */
class BenchmarkClassesTests {

	@BeforeAll
	static void runBesideOthers() {
		// What another JMH on this machine does to the times does not matter here
		System.setProperty("jmh.ignoreLock", "true");
	}

	@ParameterizedTest
	@ValueSource(classes = { EnvelopeCodecBenchmark.class, FanoutBenchmark.class, JsonBenchmark.class,
			WriterBenchmark.class, PublicationBenchmark.class })
	void runs(Class<?> benchmark) throws RunnerException {
		Collection<RunResult> results = new Runner(new OptionsBuilder().include(benchmark.getName() + "\\.")
			.forks(0)
			.warmupIterations(0)
			.measurementIterations(1)
			.measurementTime(TimeValue.milliseconds(10))
			.param("bytes", "128")
			.param("subscribers", "10")
			.param("channels", "1", "1000")
			.param("sessions", "10")
			.param("messages", "64")
			.shouldFailOnError(true)
			.verbosity(VerboseMode.SILENT)
			.build()).run();
		assertThat(results).isNotEmpty()
			.allSatisfy((result) -> assertThat(result.getPrimaryResult().getScore()).isPositive());
	}

}
