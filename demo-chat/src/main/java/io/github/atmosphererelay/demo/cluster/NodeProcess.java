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

package io.github.atmosphererelay.demo.cluster;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

import org.springframework.util.ClassUtils;

/**
 * One node of the cluster: a JVM of its own, which can be stopped, killed and started
 * again. Safe for use by several threads; a command that does not fit the state is
 * refused.
 */
final class NodeProcess {

	private static final String LAUNCHER = "org.springframework.boot.loader.launch.PropertiesLauncher";

	private static final Duration START_TIMEOUT = Duration.ofMinutes(4);

	/** A little more than a node takes for its clients and for requests in flight. */
	private static final Duration STOP_TIMEOUT = Duration.ofSeconds(20);

	private static final int LAST_LINES = 25;

	private final Program program;

	private final String name;

	private final int port;

	private final List<String> command;

	private final Map<String, String> environment;

	private final Path directory;

	private final Consumer<String> output;

	private final Deque<String> lastLines = new ArrayDeque<>();

	private State state = State.STOPPED;

	private @Nullable Process process;

	/**
	 * Create a node that does not run yet.
	 * @param program what the process runs
	 * @param name the node's name
	 * @param port where it listens
	 * @param properties its properties
	 * @param environment variables of its environment, for what others should not read in
	 * the list of processes
	 * @param directory its working directory
	 * @param output gets each line that it prints, on a thread of the node's
	 */
	NodeProcess(Program program, String name, int port, Map<String, String> properties, Map<String, String> environment,
			Path directory, Consumer<String> output) {
		this.program = program;
		this.name = name;
		this.port = port;
		this.command = command(program, properties);
		this.environment = environment;
		this.directory = directory;
		this.output = output;
	}

	private static List<String> command(Program program, Map<String, String> properties) {
		List<String> command = new ArrayList<>();
		command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
		// Several of them share a laptop: start soon, and take little
		command.addAll(List.of("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp",
				absolute(System.getProperty("java.class.path"))));
		if (ClassUtils.isPresent(LAUNCHER, NodeProcess.class.getClassLoader())) {
			command.add(1, "-Dloader.main=" + program.main);
			command.add(LAUNCHER);
		}
		else {
			command.add(program.main);
		}
		// As arguments, which no environment variable can override
		properties.forEach((name, value) -> command.add("--%s=%s".formatted(name, value)));
		return command;
	}

	/**
	 * Return a class path that holds in another working directory: started with
	 * {@code java -jar}, this process has the path as it was typed.
	 */
	static String absolute(String classPath) {
		return Stream.of(classPath.split(Pattern.quote(File.pathSeparator)))
			.map((entry) -> Path.of(entry).toAbsolutePath().toString())
			.collect(Collectors.joining(File.pathSeparator));
	}

	String name() {
		return this.name;
	}

	String url() {
		return "http://localhost:" + this.port;
	}

	synchronized State state() {
		return this.state;
	}

	/**
	 * Return the number of its process.
	 * @return the number, or {@code null} if it does not run
	 */
	synchronized @Nullable Long pid() {
		return (this.process != null) ? this.process.pid() : null;
	}

	/**
	 * Begin to start it.
	 * @throws IllegalStateException if it runs or has not stopped yet
	 */
	void launch() {
		Process process;
		synchronized (this) {
			if (this.state != State.STOPPED) {
				throw new IllegalStateException(this.name + " is " + this.state);
			}
			ProcessBuilder builder = new ProcessBuilder(this.command).directory(this.directory.toFile())
				.redirectErrorStream(true);
			builder.environment().putAll(this.environment);
			try {
				process = builder.start();
			}
			catch (IOException ex) {
				throw new UncheckedIOException(this.name + " cannot be started: " + ex.getMessage(), ex);
			}
			this.process = process;
			this.state = State.STARTING;
			this.lastLines.clear();
		}
		Thread reader = new Thread(() -> read(process), "output-of-" + this.name);
		reader.setDaemon(true);
		reader.start();
	}

	private void read(Process process) {
		try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
			for (String line = lines.readLine(); line != null; line = lines.readLine()) {
				synchronized (this) {
					this.lastLines.add(line);
					if (this.lastLines.size() > LAST_LINES) {
						this.lastLines.remove();
					}
				}
				this.output.accept(line);
			}
		}
		catch (IOException ex) {
			// The process has ended
		}
		// After its last words, which may say why it did not start
		int exitValue = process.onExit().join().exitValue();
		boolean unexpected;
		synchronized (this) {
			unexpected = this.state == State.RUNNING;
			this.process = null;
			this.state = State.STOPPED;
			notifyAll();
		}
		if (unexpected) {
			this.output.accept("The process has ended with exit code " + exitValue);
		}
	}

	/**
	 * Wait until it has started, and its first clients find it warm.
	 * @throws IllegalStateException if it ends before, with the last that it has said
	 */
	void awaitStart() throws InterruptedException {
		long deadline = System.nanoTime() + START_TIMEOUT.toNanos();
		while (!isReady()) {
			synchronized (this) {
				if (this.state != State.STARTING) {
					throw new IllegalStateException(this.name + " did not start\n" + String.join("\n", this.lastLines));
				}
			}
			if (System.nanoTime() - deadline > 0) {
				kill();
				throw new IllegalStateException(
						this.name + " has not started within " + START_TIMEOUT.toSeconds() + " s");
			}
			Thread.sleep(100);
		}
		synchronized (this) {
			if (this.state == State.STARTING) {
				this.state = State.RUNNING;
			}
		}
	}

	private boolean isReady() {
		return switch (this.program) {
			// Whoever else may listen there is not this node
			case NODE -> {
				String node = answer("/api/node");
				yield node != null && node.contains("\"node\":\"" + this.name + "\"")
						&& answer("/actuator/health/readiness") != null;
			}
			case GATEWAY -> answer("/gateway/health/readiness") != null;
		};
	}

	private @Nullable String answer(String path) {
		try {
			HttpURLConnection connection = (HttpURLConnection) URI.create(url() + path).toURL().openConnection();
			connection.setConnectTimeout(1_000);
			connection.setReadTimeout(5_000);
			if (connection.getResponseCode() != 200) {
				return null;
			}
			try (InputStream body = connection.getInputStream()) {
				return new String(body.readAllBytes(), StandardCharsets.UTF_8);
			}
		}
		catch (IOException ex) {
			return null;
		}
	}

	/**
	 * Stop it in good order: it sends its clients away, and leaves the cluster. Returns
	 * when it has ended.
	 * @throws IllegalStateException if it does not run
	 */
	void stop() throws InterruptedException {
		Process process;
		synchronized (this) {
			process = this.process;
			if (process == null || this.state == State.STOPPING) {
				throw new IllegalStateException(this.name + " is " + this.state);
			}
			this.state = State.STOPPING;
		}
		try {
			process.getOutputStream().close();
		}
		catch (IOException ex) {
			// It has ended by itself
		}
		if (!process.waitFor(STOP_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)) {
			process.destroyForcibly();
		}
		awaitEnd();
	}

	/**
	 * End it at once, as a failure of the machine would. Returns when it has ended, also
	 * if it did not run.
	 */
	void kill() throws InterruptedException {
		Process process;
		synchronized (this) {
			process = this.process;
			if (process == null) {
				return;
			}
			this.state = State.STOPPING;
		}
		process.destroyForcibly();
		awaitEnd();
	}

	private synchronized void awaitEnd() throws InterruptedException {
		while (this.process != null) {
			wait(1_000);
		}
	}

	/**
	 * What a process runs.
	 */
	enum Program {

		/** The chat. */
		NODE(NodeMain.class.getName()),

		/** What stands before the nodes. */
		GATEWAY(GatewayMain.class.getName());

		private final String main;

		Program(String main) {
			this.main = main;
		}

	}

	/**
	 * What a node does.
	 */
	enum State {

		STOPPED, STARTING, RUNNING, STOPPING;

		@Override
		public String toString() {
			return name().toLowerCase(Locale.ROOT);
		}

	}

}
