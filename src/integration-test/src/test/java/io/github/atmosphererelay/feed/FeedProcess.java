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

package io.github.atmosphererelay.feed;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import io.github.atmosphererelay.test.TestNode;
import org.jspecify.annotations.Nullable;

/**
 * A node, a redistributor or a producer in a process of its own. Ends with the process
 * that started it.
 */
public final class FeedProcess implements AutoCloseable {

	private static final Path OUTPUT = Path.of("target", "feed-processes.txt");

	private final Class<?> main;

	private final List<String> arguments;

	private @Nullable Process process;

	private FeedProcess(Class<?> main, List<String> arguments) {
		this.main = main;
		this.arguments = arguments;
	}

	/**
	 * Begin to start a node or a redistributor, and return at once.
	 */
	static FeedProcess node(List<String> properties) {
		FeedProcess process = new FeedProcess(FeedProcess.class, properties);
		process.launch();
		return process;
	}

	/**
	 * Begin to start another application, and return at once.
	 */
	static FeedProcess of(Class<?> main, List<String> arguments) {
		FeedProcess process = new FeedProcess(main, arguments);
		process.launch();
		return process;
	}

	/**
	 * Begin to start a producer, whose output is to be read.
	 */
	static Process producer(List<String> arguments) {
		return new FeedProcess(FeedProducer.class, arguments).start(ProcessBuilder.Redirect.PIPE);
	}

	/**
	 * Begin to start the process again.
	 */
	void launch() {
		this.process = start(ProcessBuilder.Redirect.appendTo(OUTPUT.toFile()));
	}

	private Process start(ProcessBuilder.Redirect output) {
		List<String> command = new ArrayList<>(
				List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx256m",
						"-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-cp",
						System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
						this.main.getName()));
		command.addAll(this.arguments);
		try {
			return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.appendTo(OUTPUT.toFile()))
				.redirectOutput(output)
				.start();
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * Kill the process, as with signal 9, and wait until it is dead.
	 */
	void kill() {
		Process process = this.process;
		if (process != null) {
			process.destroyForcibly().onExit().join();
			this.process = null;
		}
	}

	/**
	 * Return how long processors have worked for the process.
	 */
	Duration processorTime() {
		Process process = this.process;
		return (process != null) ? process.info().totalCpuDuration().orElseThrow() : Duration.ZERO;
	}

	/**
	 * Let the process stand still, as in a long garbage collection: its connections stay.
	 */
	void pause() {
		signal("STOP");
	}

	/**
	 * Let the process go on after {@link #pause()}.
	 */
	void resume() {
		signal("CONT");
	}

	private void signal(String signal) {
		Process process = this.process;
		if (process == null) {
			throw new IllegalStateException("The process does not run");
		}
		try {
			int status = new ProcessBuilder("sh", "-c", "kill -" + signal + " " + process.pid()).start().waitFor();
			if (status != 0) {
				throw new IllegalStateException("Signal " + signal + " was not sent");
			}
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	@Override
	public void close() {
		kill();
	}

	/**
	 * Run a node.
	 * @param args its properties
	 * @throws IOException if the process that started it cannot be watched
	 */
	public static void main(String[] args) throws IOException {
		TestNode.start(args);
		while (System.in.read() >= 0) {
			continue;
		}
		Runtime.getRuntime().halt(1);
	}

}
