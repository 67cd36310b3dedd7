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
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

import io.github.atmosphererelay.benchmark.load.Load;
import io.github.atmosphererelay.benchmark.load.LoadResult;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.logging.LogLevel;
import org.springframework.boot.logging.LoggingSystem;
import org.springframework.util.FileSystemUtils;

/**
 * Runs the workloads on the contenders, in passes that go round all of them so that slow
 * phases of the machine meet each, and prints a table. Progress goes to the standard
 * error.
 */
public final class Benchmark implements AutoCloseable {

	private static final Duration IDLE = Duration.ofSeconds(2);

	private final Options options;

	private final Path directory;

	private final Map<Broker, BrokerProcess> brokers = new ConcurrentHashMap<>();

	/** Ends what would otherwise outlive a benchmark that is broken off. */
	private final Thread hook = new Thread(this::cleanUp, "clean-up");

	private final List<Measurement> measurements = new ArrayList<>();

	private final List<Probe> probes = new ArrayList<>();

	private Benchmark(Options options) throws IOException {
		this.options = options;
		this.directory = Files.createTempDirectory("benchmark");
		Runtime.getRuntime().addShutdownHook(this.hook);
	}

	/**
	 * Run the benchmark.
	 * @param args see {@link Options#USAGE}
	 */
	public static void main(String[] args) throws IOException {
		Options options;
		try {
			options = Options.parse(args);
		}
		catch (IllegalArgumentException ex) {
			System.err.println(ex.getMessage() + "\n" + Options.USAGE);
			System.exit(2);
			return;
		}
		// The standard output is for the report, and Kafka's clients are talkative
		LoggingSystem.get(Benchmark.class.getClassLoader()).setLogLevel(LoggingSystem.ROOT_LOGGER_NAME, LogLevel.WARN);
		Report report = run(options);
		System.out.println(report);
		write(options.out(), report.toString());
		write(options.chart(), new Chart(report.measurements()).svg());
	}

	private static void write(@Nullable Path path, String text) throws IOException {
		if (path != null) {
			Files.createDirectories(path.toAbsolutePath().getParent());
			Files.writeString(path, text);
		}
	}

	static Report run(Options options) throws IOException {
		try (Benchmark benchmark = new Benchmark(options)) {
			benchmark.startBrokers();
			return benchmark.run();
		}
	}

	private void startBrokers() throws IOException {
		for (Contender contender : this.options.contenders()) {
			contender.prepare(this.directory);
			Broker broker = contender.broker();
			if (broker.isProcess() && !this.brokers.containsKey(broker)) {
				this.brokers.put(broker, broker.start(this.options, this.directory));
			}
		}
	}

	private Report run() {
		for (int pass = 1; pass <= this.options.passes(); pass++) {
			for (Workload workload : this.options.workloads()) {
				for (Contender contender : this.options.contenders()) {
					if (workload.nodes() > contender.maxNodes()) {
						continue;
					}
					progress("pass %d of %d, %s: %s", pass, this.options.passes(), workload.name(), contender.title());
					Measurement measurement = measure(contender, workload);
					this.measurements.add(measurement);
					progress("  %s", Report.summary(measurement));
				}
			}
		}
		return new Report(this.options, this.measurements, this.probes);
	}

	private static void progress(String format, Object... args) {
		System.err.println(String.format(Locale.ROOT, format, args));
	}

	private Measurement measure(Contender contender, Workload workload) {
		BrokerProcess broker = this.brokers.get(contender.broker());
		List<ServerProcess> nodes = new ArrayList<>();
		try {
			int count = contender.nodes(workload.nodes());
			List<Integer> ports = contender.ports(count);
			for (int i = 0; i < count; i++) {
				nodes.add(ServerProcess.start(contender.command(this.options, workload, this.directory,
						(broker != null) ? broker.port() : 0, ports, i), this.directory.resolve("node-" + i + ".log")));
			}
			nodes.forEach(ServerProcess::awaitStarted);
			List<InetSocketAddress> addresses = nodes.stream().map(ServerProcess::address).toList();
			return switch (workload.kind()) {
				case FLOW -> flow(contender, workload, broker, nodes, addresses);
				case IDLE, CONNECTS -> idle(contender, workload, nodes, addresses);
			};
		}
		finally {
			nodes.forEach(ServerProcess::close);
		}
	}

	private Measurement flow(Contender contender, Workload workload, @Nullable BrokerProcess broker,
			List<ServerProcess> nodes, List<InetSocketAddress> addresses) {
		try (Load load = new Load(addresses, contender.path(),
				workload.plan(this.options.warmup(), this.options.duration()))) {
			load.connect();
			Duration[] cpu = new Duration[2];
			CompletableFuture<Histogram> alone = probe(contender, workload, broker);
			LoadResult result = load.run(() -> cpu[0] = cpu(broker, nodes), () -> cpu[1] = cpu(broker, nodes));
			if (alone != null) {
				Probe probe = new Probe(result, alone.join());
				this.probes.add(probe);
				progress("  %s", probe);
			}
			double micros = cpu[1].minus(cpu[0]).toNanos() / 1e3;
			return new Measurement(contender, workload, result, micros, Double.NaN, Double.NaN,
					result.connectsPerSecond(), longestWait(contender, workload, nodes));
		}
	}

	private static double longestWait(Contender contender, Workload workload, List<ServerProcess> nodes) {
		if (workload.stalled() == 0 || !contender.isOurs()) {
			return Double.NaN;
		}
		return nodes.stream().mapToLong((node) -> node.ask("longest-wait")).max().orElse(0) / 1e3;
	}

	/**
	 * Kafka alone is measured in the same seconds: a machine that stands still for a
	 * moment does so for both.
	 */
	private @Nullable CompletableFuture<Histogram> probe(Contender contender, Workload workload,
			@Nullable BrokerProcess broker) {
		if (broker == null || contender.broker() != Broker.KAFKA || !workload.name().equals(Workload.BESIDE_PROBE)) {
			return null;
		}
		return CompletableFuture
			.supplyAsync(() -> KafkaProbe.run(broker.port(), this.options.warmup(), this.options.duration()));
	}

	private static Duration cpu(@Nullable BrokerProcess broker, List<ServerProcess> nodes) {
		return nodes.stream()
			.map(ServerProcess::cpu)
			.reduce((broker != null) ? broker.cpu() : Duration.ZERO, Duration::plus);
	}

	private Measurement idle(Contender contender, Workload workload, List<ServerProcess> nodes,
			List<InetSocketAddress> addresses) {
		for (int connections : workload.rehearsals()) {
			try (Load load = new Load(addresses, contender.path(),
					workload.plan(Duration.ZERO, Duration.ZERO, connections))) {
				load.connect();
			}
		}
		long heap = nodes.stream().mapToLong(ServerProcess::liveHeapBytes).sum();
		long resident = nodes.stream().mapToLong(ServerProcess::residentBytes).sum();
		try (Load load = new Load(addresses, contender.path(), workload.plan(Duration.ZERO, Duration.ZERO))) {
			// The nodes see the former connections out meanwhile
			load.idle(IDLE);
			double connectsPerSecond = load.connect();
			load.idle(IDLE);
			double liveGrowth = nodes.stream().mapToLong(ServerProcess::liveHeapBytes).sum() - heap;
			double residentGrowth = nodes.stream().mapToLong(ServerProcess::residentBytes).sum() - resident;
			return new Measurement(contender, workload, null, Double.NaN, residentGrowth / workload.subscribers(),
					liveGrowth / workload.subscribers(), connectsPerSecond, Double.NaN);
		}
	}

	@Override
	public void close() {
		Runtime.getRuntime().removeShutdownHook(this.hook);
		cleanUp();
	}

	private void cleanUp() {
		this.brokers.values().forEach(BrokerProcess::close);
		try {
			FileSystemUtils.deleteRecursively(this.directory);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
