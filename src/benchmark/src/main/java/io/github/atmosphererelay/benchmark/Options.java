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
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;

import org.jspecify.annotations.Nullable;

/**
 * What the command line says.
 *
 * @param passes how often everything is run
 * @param warmup how long each run warms up
 * @param duration how long each run is measured
 * @param workloads what is run
 * @param contenders on whom
 * @param java the JDK of the nodes
 * @param jvmArguments further arguments of the nodes' JVMs
 * @param out where the report is also written to, or {@code null}
 * @param chart where a chart is written to, or {@code null}
 */
record Options(int passes, Duration warmup, Duration duration, List<Workload> workloads, List<Contender> contenders,
		String java, List<String> jvmArguments, @Nullable Path out, @Nullable Path chart) {

	static final String USAGE = """
			Options, each as --name=value:
			  passes      how often everything is run, interleaved                     2
			  warmup      seconds before each measurement                              15
			  duration    seconds of each measurement                                  8
			  workloads   names with commas between; 'all' but smoke                   W1c,W2c,W1o,W3,W4
			  contenders  names with commas between, of %s
			              ours,baseline,netty
			  java-home   the JDK of the nodes                                         this one
			  jvm         arguments of the nodes' JVMs, with commas between            -Xmx1g,-XX:+UseSerialGC
			  out         a file that the report is also written to, as Markdown
			  chart       a file for a chart of the CPU per delivery, as SVG
			""".formatted(Arrays.stream(Contender.values()).map(Options::name).toList());

	static Options parse(String... args) {
		Map<String, String> values = new HashMap<>(Map.of("passes", "2", "warmup", "15", "duration", "8", "workloads",
				"W1c,W2c,W1o,W3,W4", "contenders", "ours,baseline,netty", "java-home", System.getProperty("java.home"),
				"jvm", "-Xmx1g,-XX:+UseSerialGC", "out", "", "chart", ""));
		for (String arg : args) {
			int equals = arg.indexOf('=');
			if (!arg.startsWith("--") || equals < 0 || !values.containsKey(arg.substring(2, equals))) {
				throw new IllegalArgumentException("'" + arg + "' is no option");
			}
			values.put(arg.substring(2, equals), arg.substring(equals + 1));
		}
		UnaryOperator<String> value = (name) -> Objects.requireNonNull(values.get(name));
		return new Options((int) number("passes", value.apply("passes"), 1),
				seconds("warmup", value.apply("warmup"), 0), seconds("duration", value.apply("duration"), 0.1),
				workloads(value.apply("workloads")),
				list(value.apply("contenders")).stream().map(Options::contender).toList(),
				Path.of(value.apply("java-home"), "bin", "java").toString(), list(value.apply("jvm")),
				path(value.apply("out")), path(value.apply("chart")));
	}

	/**
	 * Return the version of the nodes' JDK.
	 * @return as its release file says, or this one's
	 */
	String javaVersion() {
		Path release = Path.of(this.java).resolveSibling("../release").normalize();
		try {
			return Files.readAllLines(release)
				.stream()
				.filter((line) -> line.startsWith("JAVA_VERSION="))
				.findFirst()
				.map((line) -> line.substring(line.indexOf('=') + 1).replace("\"", ""))
				.orElse(System.getProperty("java.version"));
		}
		catch (IOException ex) {
			return System.getProperty("java.version");
		}
	}

	private static List<String> list(String value) {
		return Arrays.stream(value.split(",")).filter((item) -> !item.isBlank()).toList();
	}

	private static Duration seconds(String name, String value, double least) {
		return Duration.ofMillis((long) (1000 * number(name, value, least)));
	}

	private static double number(String name, String value, double least) {
		try {
			double number = Double.parseDouble(value);
			if (number >= least) {
				return number;
			}
		}
		catch (NumberFormatException ex) {
			// Said below
		}
		throw new IllegalArgumentException("'" + name + "' is a number from " + least + ", not '" + value + "'");
	}

	private static @Nullable Path path(String value) {
		return value.isEmpty() ? null : Path.of(value);
	}

	private static List<Workload> workloads(String value) {
		if (value.equals("all")) {
			return Workload.ALL.stream().filter((workload) -> !workload.isSmoke()).toList();
		}
		return list(value).stream().map(Workload::of).toList();
	}

	private static String name(Contender contender) {
		return contender.name().toLowerCase(Locale.ROOT).replace('_', '-');
	}

	private static Contender contender(String name) {
		return Arrays.stream(Contender.values())
			.filter((contender) -> name(contender).equals(name))
			.findFirst()
			.orElseThrow(() -> new IllegalArgumentException("There is no contender '" + name + "'"));
	}

}
