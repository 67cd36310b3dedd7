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
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

import io.github.atmosphererelay.benchmark.load.Load;
import io.github.atmosphererelay.benchmark.load.LoadResult;
import io.github.atmosphererelay.benchmark.node.GatewayNode;

import org.springframework.boot.logging.LogLevel;
import org.springframework.boot.logging.LoggingSystem;
import org.springframework.util.FileSystemUtils;

/**
 * Measures what a gateway adds to a delivery: the same nodes get the same load from their
 * clients directly and through a gateway, one after the other. Which of both is first
 * alternates with the passes, so that slow phases of the machine meet both.
 */
public final class GatewayBenchmark {

	private static final Contender NODES = Contender.OURS;

	private final Options options;

	private final Path directory;

	private final List<Pair> pairs = new ArrayList<>();

	private GatewayBenchmark(Options options, Path directory) {
		this.options = options;
		this.directory = directory;
	}

	/**
	 * Run the benchmark.
	 * @param args see {@link Options#USAGE}; contenders and the chart do not count, nor
	 * do workloads in which nothing is published
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
		LoggingSystem.get(GatewayBenchmark.class.getClassLoader())
			.setLogLevel(LoggingSystem.ROOT_LOGGER_NAME, LogLevel.WARN);
		String report = report(run(options));
		System.out.println(report);
		if (options.out() != null) {
			Files.writeString(options.out(), report);
		}
	}

	static List<Pair> run(Options options) throws IOException {
		Path directory = Files.createTempDirectory("benchmark");
		try (BrokerProcess broker = NODES.broker().start(options, directory)) {
			GatewayBenchmark benchmark = new GatewayBenchmark(options, directory);
			for (int pass = 1; pass <= options.passes(); pass++) {
				for (Workload workload : options.workloads()) {
					if (workload.kind() == Workload.Kind.FLOW) {
						benchmark.run(workload, broker, pass);
					}
				}
			}
			return benchmark.pairs;
		}
		finally {
			FileSystemUtils.deleteRecursively(directory);
		}
	}

	private void run(Workload workload, BrokerProcess broker, int pass) {
		List<ServerProcess> nodes = new ArrayList<>();
		try {
			for (int i = 0; i < workload.nodes(); i++) {
				nodes.add(ServerProcess.start(NODES.command(this.options, workload, this.directory, broker.port(),
						NODES.ports(workload.nodes()), i), this.directory.resolve("node-" + i + ".log")));
			}
			nodes.forEach(ServerProcess::awaitStarted);
			List<InetSocketAddress> direct = nodes.stream().map(ServerProcess::address).toList();
			try (ServerProcess gateway = ServerProcess.start(command(direct), this.directory.resolve("gateway.log"))) {
				gateway.awaitStarted();
				List<InetSocketAddress> through = Collections.nCopies(direct.size(), gateway.address());
				boolean gatewayFirst = pass % 2 == 0;
				Run first = measure(workload, broker, nodes, gateway, gatewayFirst ? through : direct);
				Run second = measure(workload, broker, nodes, gateway, gatewayFirst ? direct : through);
				Pair pair = gatewayFirst ? new Pair(workload, second, first) : new Pair(workload, first, second);
				this.pairs.add(pair);
				System.err
					.println("pass " + pass + ", " + workload.name() + ":\n" + pair.direct() + "\n" + pair.through());
			}
		}
		finally {
			nodes.forEach(ServerProcess::close);
		}
	}

	private Run measure(Workload workload, BrokerProcess broker, List<ServerProcess> nodes, ServerProcess gateway,
			List<InetSocketAddress> addresses) {
		try (Load load = new Load(addresses, NODES.path(),
				workload.plan(this.options.warmup(), this.options.duration()))) {
			load.connect();
			Cpu[] cpu = new Cpu[2];
			LoadResult result = load.run(() -> cpu[0] = Cpu.of(broker, nodes, gateway),
					() -> cpu[1] = Cpu.of(broker, nodes, gateway));
			double deliveries = Math.max(1, result.deliveries());
			return new Run(result, cpu[1].nodes().minus(cpu[0].nodes()).toNanos() / 1e3 / deliveries,
					cpu[1].broker().minus(cpu[0].broker()).toNanos() / 1e3 / deliveries,
					cpu[1].gateway().minus(cpu[0].gateway()).toNanos() / 1e3 / deliveries);
		}
	}

	private List<String> command(List<InetSocketAddress> nodes) {
		List<String> command = new ArrayList<>(List.of(this.options.java()));
		command.addAll(this.options.jvmArguments());
		command.addAll(List.of("-cp", ServerProcess.gatewayClassPath(), GatewayNode.class.getName(), "--server.port=0",
				"--server.address=127.0.0.1", "--spring.main.banner-mode=off", "--logging.level.root=warn",
				"--atmosphere.enabled=false", "--atmosphere.gateway.service=chat",
				"--atmosphere.gateway.ring.source=none", "--spring.cloud.gateway.server.webflux.redis.enabled=false",
				"--spring.cloud.gateway.server.webflux.routes[0].id=chat",
				"--spring.cloud.gateway.server.webflux.routes[0].uri=lb://chat",
				"--spring.cloud.gateway.server.webflux.routes[0].predicates[0]=Path=/**",
				"--spring.autoconfigure.exclude=" + String.join(",", Broker.NONE.foreign())));
		for (int i = 0; i < nodes.size(); i++) {
			command.add("--spring.cloud.discovery.client.simple.instances.chat[" + i + "].uri=http://127.0.0.1:"
					+ nodes.get(i).getPort());
		}
		return command;
	}

	static String report(List<Pair> pairs) {
		StringBuilder report = new StringBuilder();
		for (Workload workload : pairs.stream().map(Pair::workload).distinct().toList()) {
			List<Pair> own = pairs.stream().filter((pair) -> pair.workload() == workload).toList();
			report
				.append("""
						**%s**: %s

						| | deliveries/s | CPU us per delivery: nodes | Redis | gateway | p50 ms | p99 ms | lost | doubled | reordered | closed |
						|---|---|---|---|---|---|---|---|---|---|---|
						"""
					.formatted(workload.name(), workload.description()));
			own.forEach((pair) -> report.append("| direct ")
				.append(pair.direct())
				.append('\n')
				.append("| gateway ")
				.append(pair.through())
				.append('\n'));
			report
				.append("""

						A gateway adds, as the mean of %d pairs: %.2f us of CPU per delivery, %.2f ms to p50, %.2f ms to p99.

						"""
					.formatted(own.size(), added(own, Run::cpu), added(own, (run) -> run.result().latencyMillis(50)),
							added(own, (run) -> run.result().latencyMillis(99))));
		}
		return report.toString();
	}

	private static double added(List<Pair> pairs, ToDoubleFunction<Run> value) {
		return pairs.stream()
			.mapToDouble((pair) -> value.applyAsDouble(pair.through()) - value.applyAsDouble(pair.direct()))
			.average()
			.orElse(Double.NaN);
	}

	/**
	 * Processor time so far.
	 *
	 * @param broker of the broker
	 * @param nodes of all nodes
	 * @param gateway of the gateway
	 */
	private record Cpu(Duration broker, Duration nodes, Duration gateway) {

		static Cpu of(BrokerProcess broker, List<ServerProcess> nodes, ServerProcess gateway) {
			return new Cpu(broker.cpu(), nodes.stream().map(ServerProcess::cpu).reduce(Duration.ZERO, Duration::plus),
					gateway.cpu());
		}

	}

	/**
	 * One run.
	 *
	 * @param result what the clients saw
	 * @param nodes the processor time of all nodes per delivery, in microseconds
	 * @param broker the same of the broker
	 * @param gateway the same of the gateway
	 */
	record Run(LoadResult result, double nodes, double broker, double gateway) {

		double cpu() {
			return this.nodes + this.broker + this.gateway;
		}

		@Override
		public String toString() {
			return String.format(Locale.ROOT, "| %.0f | %.2f | %.2f | %.2f | %.2f | %.2f | %d | %d | %d | %d |",
					this.result.deliveries() / this.result.seconds(), this.nodes, this.broker, this.gateway,
					this.result.latencyMillis(50), this.result.latencyMillis(99), this.result.lost(),
					this.result.doubled(), this.result.reordered(), this.result.closed());
		}

	}

	/**
	 * The two runs of a pass.
	 *
	 * @param workload the workload
	 * @param direct the run without a gateway
	 * @param through the run with one
	 */
	record Pair(Workload workload, Run direct, Run through) {

	}

}
