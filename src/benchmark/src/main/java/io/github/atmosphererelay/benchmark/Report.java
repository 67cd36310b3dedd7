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

import java.util.Comparator;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;

import io.github.atmosphererelay.benchmark.load.LoadResult;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.SpringBootVersion;

/**
 * What was measured, as a table in Markdown.
 */
final class Report {

	private final Options options;

	private final List<Measurement> measurements;

	private final List<Probe> probes;

	Report(Options options, List<Measurement> measurements, List<Probe> probes) {
		this.options = options;
		this.measurements = measurements;
		this.probes = probes;
	}

	List<Measurement> measurements() {
		return this.measurements;
	}

	static String summary(Measurement measurement) {
		LoadResult result = measurement.result();
		if (result == null) {
			return String.format(Locale.ROOT, "%.1f KB resident, %.1f KB live heap per connection; %.0f connects/s",
					measurement.residentPerConnection() / 1024, measurement.heapPerConnection() / 1024,
					measurement.connectsPerSecond());
		}
		return String.format(Locale.ROOT,
				"%.0f deliveries/s, %.2f us CPU each, p50 %.2f ms, p99 %.2f ms; %d lost, %d doubled, %d out of order"
						+ ((measurement.workload().stalled() > 0) ? "; %d not reading closed after %.2f s" : ""),
				result.deliveries() / result.seconds(), measurement.cpuPerDelivery(), result.latencyMillis(50),
				result.latencyMillis(99), result.lost(), result.doubled(), result.reordered(), result.stalledClosed(),
				measurement.longestWait());
	}

	@Override
	public String toString() {
		StringBuilder text = new StringBuilder();
		text.append("%d passes of %d s after %d s, messages of %d bytes; nodes on Java %s with %s; Spring Boot %s\n\n"
			.formatted(this.options.passes(), this.options.duration().toSeconds(), this.options.warmup().toSeconds(),
					Workload.SIZE, this.options.javaVersion(), String.join(" ", this.options.jvmArguments()),
					SpringBootVersion.getVersion()));
		text.append(Machine.describe()).append("\n\n");
		for (Workload workload : this.options.workloads()) {
			text.append("**").append(workload.name()).append("**: ").append(workload.description()).append("\n\n");
			text.append(table(workload)).append('\n');
			if (workload.name().equals(Workload.BESIDE_PROBE) && !this.probes.isEmpty()) {
				text.append(probe()).append("\n\n");
			}
		}
		return text.toString();
	}

	private String table(Workload workload) {
		return switch (workload.kind()) {
			case FLOW -> flow(workload);
			case IDLE -> idle(workload);
			case CONNECTS -> connects(workload);
		};
	}

	private String flow(Workload workload) {
		boolean stalled = workload.stalled() > 0;
		StringBuilder table = new StringBuilder(
				"| | deliveries/s | us CPU per delivery | of the baseline's | p50 ms | p99 ms | p99.9 ms"
						+ " | lost | doubled | out of order | closed |")
			.append(stalled ? " not reading: closed | s until closed |\n" : "\n")
			.append("|---".repeat(stalled ? 13 : 11))
			.append("|\n");
		for (Contender contender : contenders(workload)) {
			List<Measurement> runs = runs(workload, contender);
			table.append("| %s | %s | %s | %s | %s | %s | %s | %d | %d | %d | %d |".formatted(contender.title(),
					range(runs, "%.0f", (run) -> result(run).deliveries() / result(run).seconds()),
					range(runs, "%.2f", Measurement::cpuPerDelivery), ratio(workload, runs),
					range(runs, "%.2f", (run) -> result(run).latencyMillis(50)),
					range(runs, "%.2f", (run) -> result(run).latencyMillis(99)),
					range(runs, "%.2f", (run) -> result(run).latencyMillis(99.9)), sum(runs, LoadResult::lost),
					sum(runs, LoadResult::doubled), sum(runs, LoadResult::reordered), sum(runs, LoadResult::closed)));
			table.append(stalled ? stalled(workload, runs) : "\n");
		}
		return table.toString();
	}

	private static String stalled(Workload workload, List<Measurement> runs) {
		List<Measurement> known = runs.stream().filter((run) -> !Double.isNaN(run.longestWait())).toList();
		return " %s of %d | %s |\n".formatted(range(runs, "%.0f", (run) -> result(run).stalledClosed()),
				workload.stalled(), known.isEmpty() ? "" : range(known, "%.2f", Measurement::longestWait));
	}

	private String probe() {
		return ("Kafka alone in the same seconds, from publish to poll, %d records/s of %d bytes, acks=all, linger 0: "
				+ "p50 %s ms, p99 %s ms; the p99 of messages, pass by pass, is %s ms above that")
			.formatted(KafkaProbe.RATE, Workload.SIZE, range(this.probes, "%.2f", (probe) -> probe.millis(50)),
					range(this.probes, "%.2f", (probe) -> probe.millis(99)),
					range(this.probes, "%.2f", (probe) -> probe.addedMillis(99)));
	}

	private String idle(Workload workload) {
		StringBuilder table = new StringBuilder("""
				| | KB resident per connection | KB live heap per connection | connects/s |
				|---|---|---|---|
				""");
		for (Contender contender : contenders(workload)) {
			List<Measurement> runs = runs(workload, contender);
			table.append("| %s | %s | %s | %s |\n".formatted(contender.title(),
					range(runs, "%.1f", (run) -> run.residentPerConnection() / 1024),
					range(runs, "%.1f", (run) -> run.heapPerConnection() / 1024),
					range(runs, "%.0f", Measurement::connectsPerSecond)));
		}
		return table.toString();
	}

	private String connects(Workload workload) {
		StringBuilder table = new StringBuilder("""
				| | connects/s |
				|---|---|
				""");
		for (Contender contender : contenders(workload)) {
			table.append("| %s | %s |\n".formatted(contender.title(),
					range(runs(workload, contender), "%.0f", Measurement::connectsPerSecond)));
		}
		return table.toString();
	}

	private List<Contender> contenders(Workload workload) {
		return this.measurements.stream()
			.filter((measurement) -> measurement.workload() == workload)
			.map(Measurement::contender)
			.distinct()
			.sorted(Comparator.comparing(this.options.contenders()::indexOf))
			.toList();
	}

	private List<Measurement> runs(Workload workload, Contender contender) {
		return this.measurements.stream()
			.filter((measurement) -> measurement.workload() == workload && measurement.contender() == contender)
			.toList();
	}

	/**
	 * Compare run by run: what a slow phase of the machine does to one pass, it does to
	 * all contenders of that pass.
	 * @param workload the workload
	 * @param runs the runs of a contender, one per pass
	 * @return the mean of the ratios
	 */
	private String ratio(Workload workload, List<Measurement> runs) {
		List<Measurement> baseline = runs(workload, Contender.BASELINE);
		if (baseline.size() != runs.size()) {
			return "";
		}
		double sum = 0;
		for (int i = 0; i < runs.size(); i++) {
			sum += runs.get(i).cpuPerDelivery() / baseline.get(i).cpuPerDelivery();
		}
		return String.format(Locale.ROOT, "%.2f", sum / runs.size());
	}

	private static LoadResult result(Measurement run) {
		@Nullable LoadResult result = run.result();
		if (result == null) {
			throw new IllegalStateException("Nothing was published");
		}
		return result;
	}

	private static <T> String range(List<T> runs, String format, ToDoubleFunction<T> value) {
		DoubleSummaryStatistics all = runs.stream().collect(Collectors.summarizingDouble(value));
		String least = String.format(Locale.ROOT, format, all.getMin());
		String most = String.format(Locale.ROOT, format, all.getMax());
		return least.equals(most) ? least : least + " - " + most;
	}

	private static long sum(List<Measurement> runs, ToLongFunction<LoadResult> value) {
		return runs.stream().map(Report::result).mapToLong(value).sum();
	}

}
