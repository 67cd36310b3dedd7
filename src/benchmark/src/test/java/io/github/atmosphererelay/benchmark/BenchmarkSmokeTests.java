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

package io.github.atmosphererelay.benchmark;

import java.io.IOException;
import java.util.List;

import io.github.atmosphererelay.benchmark.load.LoadResult;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Runs the benchmark as small as it gets. Says whether it works, never how fast anything
 * is.
 */
class BenchmarkSmokeTests {

	private static final String JVM = "--jvm=-Xmx256m,-XX:+UseSerialGC,-XX:TieredStopAtLevel=1";

	@Test
	void everyContenderDeliversEachMessageOnceAndInOrder() throws IOException {
		Report report = run("ours,ours-http,baseline,netty");
		check(report.measurements(), Contender.OURS, Contender.OURS_HTTP, Contender.BASELINE, Contender.NETTY);
		assertThat(report.toString()).contains("| ours | ", "| ours, HTTP relay | ", "| hand-rolled | ", "| Netty | ");
	}

	@Test
	void clientsOfServerSentEventsGetEachMessageOnceAndInOrderOnTomcatAndJetty() throws IOException {
		check(run("ours-events,ours-events-jetty").measurements(), Contender.OURS_EVENTS, Contender.OURS_EVENTS_JETTY);
	}

	@Test
	void clientsThatDoNotReadAreClosedAndTheOthersGetEachMessage() throws IOException {
		Report report = Benchmark.run(Options.parse("--workloads=smoke-stalled", "--passes=1", "--warmup=1",
				"--duration=9", "--contenders=ours-events", JVM));
		check(report.measurements(), Contender.OURS_EVENTS);
		assertThat(report.measurements()).singleElement().satisfies((measurement) -> {
			LoadResult result = measurement.result();
			assertThat(result).isNotNull();
			assertThat(result.stalledClosed()).isEqualTo(4);
			assertThat(measurement.longestWait()).isPositive();
		});
		assertThat(report.toString()).contains("| not reading: closed |", "| 4 of 4 |");
	}

	@Test
	void theServerOnNodeTakesPartWhereNodeIsInstalled() throws IOException {
		Report report;
		try {
			report = run("node-ws");
		}
		catch (IOException ex) {
			System.out.println("SKIPPED the server on Node.js: " + ex.getMessage());
			Assumptions.abort(ex.getMessage());
			return;
		}
		check(report.measurements(), Contender.NODE_WS);
	}

	@Test
	void theSameLoadGoesToTheNodesDirectlyAndThroughAGateway() throws IOException {
		List<GatewayBenchmark.Pair> pairs = GatewayBenchmark.run(options("ours"));
		assertThat(pairs).singleElement().satisfies((pair) -> {
			for (GatewayBenchmark.Run run : List.of(pair.direct(), pair.through())) {
				assertThat(run.result().deliveries()).isPositive();
				assertThat(
						run.result().lost() + run.result().doubled() + run.result().reordered() + run.result().closed())
					.isZero();
			}
			assertThat(pair.through().gateway()).isGreaterThan(pair.direct().gateway());
		});
		assertThat(GatewayBenchmark.report(pairs)).contains("| direct | ", "| gateway | ",
				"A gateway adds, as the mean of 1 pairs");
	}

	private static Report run(String contenders) throws IOException {
		return Benchmark.run(options(contenders));
	}

	private static Options options(String contenders) {
		return Options.parse("--workloads=smoke", "--passes=1", "--warmup=1", "--duration=1",
				"--contenders=" + contenders, JVM);
	}

	private static void check(List<Measurement> measurements, Contender... contenders) {
		assertThat(measurements).extracting(Measurement::contender).containsExactly(contenders);
		assertThat(measurements).allSatisfy((measurement) -> {
			LoadResult result = measurement.result();
			assertThat(result).isNotNull();
			assertThat(result.deliveries()).isPositive();
			assertThat(result.lost()).isZero();
			assertThat(result.doubled()).isZero();
			assertThat(result.reordered()).isZero();
			assertThat(result.closed()).isZero();
			assertThat(measurement.cpuMicros()).isPositive();
		});
	}

}
