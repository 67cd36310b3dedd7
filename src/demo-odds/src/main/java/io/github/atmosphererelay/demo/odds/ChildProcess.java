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

package io.github.atmosphererelay.demo.odds;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

import org.springframework.util.ClassUtils;

/**
 * A node or a reducer as a process of its own. Thread-safe.
 */
final class ChildProcess {

	private static final String LAUNCHER = "org.springframework.boot.loader.launch.PropertiesLauncher";

	private static final long START_SECONDS = 240;

	private static final long STOP_SECONDS = 20;

	private final String name;

	private final List<String> command;

	private final Map<String, String> environment;

	private final Path directory;

	private final Consumer<String> output;

	private @Nullable Process process;

	private boolean started;

	private String id = "";

	/**
	 * Create a process that does not run yet.
	 * @param name its name
	 * @param properties its properties
	 * @param environment what others should not read in the list of processes
	 * @param directory its working directory
	 * @param output gets each line that it prints
	 */
	ChildProcess(String name, Map<String, String> properties, Map<String, String> environment, Path directory,
			Consumer<String> output) {
		this.name = name;
		this.environment = environment;
		this.directory = directory;
		this.output = output;
		this.command = command(properties);
	}

	private static List<String> command(Map<String, String> properties) {
		String classPath = Stream.of(System.getProperty("java.class.path").split(Pattern.quote(File.pathSeparator)))
			.map((entry) -> Path.of(entry).toAbsolutePath().toString())
			.collect(Collectors.joining(File.pathSeparator));
		List<String> command = new ArrayList<>();
		command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
		// Several of them share a laptop: start soon, and take little
		command.addAll(List.of("-Xmx192m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", classPath));
		if (ClassUtils.isPresent(LAUNCHER, ChildProcess.class.getClassLoader())) {
			command.add(1, "-Dloader.main=" + ProcessMain.class.getName());
			command.add(LAUNCHER);
		}
		else {
			command.add(ProcessMain.class.getName());
		}
		properties.forEach((name, value) -> command.add("--%s=%s".formatted(name, value)));
		return command;
	}

	String name() {
		return this.name;
	}

	synchronized String state() {
		if (this.process == null) {
			return "stopped";
		}
		return this.started ? "running" : "starting";
	}

	synchronized @Nullable Long pid() {
		return (this.process != null) ? this.process.pid() : null;
	}

	/**
	 * Return the id by which other processes know it.
	 * @return the id of its last start, empty before
	 */
	synchronized String id() {
		return this.id;
	}

	/**
	 * Begin to start it.
	 * @return whether it did not run before
	 */
	synchronized boolean launch() {
		if (this.process != null) {
			return false;
		}
		ProcessBuilder builder = new ProcessBuilder(this.command).directory(this.directory.toFile())
			.redirectErrorStream(true);
		builder.environment().putAll(this.environment);
		try {
			Process process = builder.start();
			this.process = process;
			this.started = false;
			Thread reader = new Thread(() -> read(process), "output-of-" + this.name);
			reader.setDaemon(true);
			reader.start();
			return true;
		}
		catch (IOException ex) {
			throw new UncheckedIOException(this.name + " cannot be started: " + ex.getMessage(), ex);
		}
	}

	private void read(Process process) {
		try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
			for (String line = lines.readLine(); line != null; line = lines.readLine()) {
				if (line.startsWith(ProcessMain.STARTED)) {
					synchronized (this) {
						this.started = true;
						this.id = line.substring(ProcessMain.STARTED.length());
						notifyAll();
					}
				}
				else {
					this.output.accept(this.name + " | " + line);
				}
			}
		}
		catch (IOException ex) {
			// The process has ended
		}
		process.onExit().join();
		synchronized (this) {
			this.process = null;
			notifyAll();
		}
	}

	synchronized void awaitStart() throws InterruptedException {
		long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
		while (!this.started) {
			if (this.process == null || System.nanoTime() - end > 0) {
				throw new IllegalStateException(this.name + " has not started");
			}
			wait(500);
		}
	}

	/**
	 * End it at once, as a failure of the machine would.
	 * @return whether it ran
	 */
	synchronized boolean kill() {
		if (this.process == null) {
			return false;
		}
		this.process.destroyForcibly();
		return true;
	}

	/**
	 * Stop it in good order, and return when it has ended.
	 */
	void stop() throws InterruptedException {
		Process process;
		synchronized (this) {
			process = this.process;
		}
		if (process == null) {
			return;
		}
		try {
			process.getOutputStream().close();
		}
		catch (IOException ex) {
			// It has ended by itself
		}
		if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
			process.destroyForcibly();
			process.waitFor();
		}
	}

}
