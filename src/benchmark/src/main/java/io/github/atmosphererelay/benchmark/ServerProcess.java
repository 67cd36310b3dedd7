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

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A node that is measured: a process of its own, which ends with this one.
 */
final class ServerProcess implements AutoCloseable {

	/** With these on its class path a node would do more than it has to. */
	private static final List<String> GATEWAY_LIBRARIES = List.of("atmosphere-relay-gateway", "autoconfigure/gateway",
			"spring-cloud-", "spring-webflux", "spring-boot-webflux", "reactor-netty", "spring-boot-reactor-netty");

	private static final Duration END_TIMEOUT = Duration.ofSeconds(5);

	private final Process process;

	private final BufferedReader out;

	private final BufferedWriter in;

	private final List<String> command;

	private final Path log;

	private int port;

	private ServerProcess(List<String> command, Path log) throws IOException {
		this.command = command;
		this.log = log;
		this.process = new ProcessBuilder(command).redirectError(log.toFile()).start();
		this.out = this.process.inputReader(StandardCharsets.UTF_8);
		this.in = this.process.outputWriter(StandardCharsets.US_ASCII);
	}

	/**
	 * Start a node, and do not wait for it.
	 * @param command the command
	 * @param log where its errors go
	 * @return the node, which has no address before {@link #awaitStarted()}
	 */
	static ServerProcess start(List<String> command, Path log) {
		try {
			return new ServerProcess(command, log);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Wait until the node has said its port.
	 */
	void awaitStarted() {
		try {
			this.port = (int) number("PORT ");
		}
		catch (IOException ex) {
			close();
			throw new UncheckedIOException(
					new IOException(ex.getMessage() + ": " + String.join(" ", this.command) + "\n" + logged(), ex));
		}
	}

	private String logged() {
		try {
			return Files.readString(this.log);
		}
		catch (IOException ex) {
			return "";
		}
	}

	/**
	 * Return the class path of a node: the same as this one's. Jetty is on that of the
	 * nodes that run on it only: wherever it can be found, Spring takes it for the
	 * server.
	 * @param jetty whether the node runs on Jetty
	 * @return the class path
	 */
	static String classPath(boolean jetty) {
		// Surefire starts tests with a jar that only refers to the class path
		String own = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
		Stream<String> entries = Arrays.stream(own.split(File.pathSeparator)).filter((entry) -> !isOfGateway(entry));
		if (!jetty) {
			return entries.filter((entry) -> !Path.of(entry).getFileName().toString().contains("jetty"))
				.collect(Collectors.joining(File.pathSeparator));
		}
		return entries.flatMap((entry) -> Stream.of(entry, Path.of(entry).resolveSibling("lib-jetty") + "/*"))
			.collect(Collectors.joining(File.pathSeparator));
	}

	/**
	 * Return the class path of a node that connects to RabbitMQ: Spring's relay needs a
	 * client that others do not have.
	 * @return the class path
	 */
	static String reactorClassPath() {
		File[] reactor = Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
			.map((entry) -> Path.of(entry).resolveSibling("lib-gateway").toFile())
			.map((directory) -> directory.listFiles((each) -> each.getName().startsWith("reactor-netty")))
			.filter(Objects::nonNull)
			.findFirst()
			.orElse(new File[0]);
		return Stream.concat(Stream.of(classPath(false)), Arrays.stream(reactor).map(File::getPath))
			.collect(Collectors.joining(File.pathSeparator));
	}

	/**
	 * Return the class path of a gateway: that of the nodes, and what they do not have.
	 * @return the class path
	 */
	static String gatewayClassPath() {
		String own = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
		return Arrays.stream(own.split(File.pathSeparator))
			.filter((entry) -> !Path.of(entry).getFileName().toString().contains("jetty"))
			.flatMap((entry) -> Stream.of(entry, Path.of(entry).resolveSibling("lib-gateway") + "/*"))
			.collect(Collectors.joining(File.pathSeparator));
	}

	private static boolean isOfGateway(String entry) {
		String name = Path.of(entry).toString();
		return GATEWAY_LIBRARIES.stream().anyMatch(name::contains);
	}

	private long number(String key) throws IOException {
		StringBuilder other = new StringBuilder();
		String line = this.out.readLine();
		while (line != null) {
			if (line.startsWith(key)) {
				return Long.parseLong(line.substring(key.length()));
			}
			other.append(line).append('\n');
			line = this.out.readLine();
		}
		throw new IOException("The server ended\n" + other);
	}

	InetSocketAddress address() {
		return new InetSocketAddress("127.0.0.1", this.port);
	}

	Duration cpu() {
		return cpu(this.process.toHandle());
	}

	static Duration cpu(ProcessHandle process) {
		return process.info().totalCpuDuration().orElseThrow();
	}

	/**
	 * Return how much memory of the machine the process takes.
	 * @return bytes, or -1 where that cannot be told
	 */
	long residentBytes() {
		Path status = Path.of("/proc", Long.toString(this.process.pid()), "status");
		try {
			return Files.readAllLines(status)
				.stream()
				.filter((line) -> line.startsWith("VmRSS:"))
				.mapToLong((line) -> 1024 * Long.parseLong(line.replaceAll("[^0-9]", "")))
				.findFirst()
				.orElse(-1);
		}
		catch (IOException ex) {
			return -1;
		}
	}

	/**
	 * Collect the garbage and return what is left.
	 * @return bytes
	 */
	long liveHeapBytes() {
		return ask("heap");
	}

	/**
	 * Ask the node for a figure.
	 * @param figure the name of the figure
	 * @return the figure
	 */
	long ask(String figure) {
		try {
			this.in.write(figure + '\n');
			this.in.flush();
			return number(figure.toUpperCase(Locale.ROOT) + ' ');
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@Override
	public void close() {
		this.process.destroy();
		try {
			if (!this.process.waitFor(END_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)) {
				this.process.destroyForcibly();
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			this.process.destroyForcibly();
		}
	}

}
