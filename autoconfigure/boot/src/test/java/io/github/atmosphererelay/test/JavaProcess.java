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

package io.github.atmosphererelay.test;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

import org.jspecify.annotations.Nullable;

/**
 * A program of the test's own class path in a process of its own, which a test can kill,
 * stop and start again with the same arguments. Its standard input ends with the process
 * that started it.
 */
public final class JavaProcess implements AutoCloseable {

	private final Class<?> main;

	private final String heap;

	private final List<String> arguments;

	private final Path output;

	private @Nullable Process process;

	private JavaProcess(Class<?> main, String heap, List<String> arguments, Path output) {
		this.main = main;
		this.heap = heap;
		this.arguments = arguments;
		this.output = output;
	}

	/**
	 * Begin to start a program, and return at once.
	 * @param main its main class
	 * @param output the file to which its output is appended
	 * @param arguments its arguments
	 */
	public static JavaProcess launch(Class<?> main, Path output, List<String> arguments) {
		return launch(main, "512m", output, arguments);
	}

	/**
	 * Begin to start a program with a heap of another size than 512 MB, and return at
	 * once.
	 * @param main its main class
	 * @param heap the most that its heap may have, as in {@code -Xmx}
	 * @param output the file to which its output is appended
	 * @param arguments its arguments
	 */
	public static JavaProcess launch(Class<?> main, String heap, Path output, List<String> arguments) {
		JavaProcess process = new JavaProcess(main, heap, List.copyOf(arguments), output);
		process.launch();
		return process;
	}

	/**
	 * Begin to start the program again.
	 */
	public void launch() {
		List<String> command = new ArrayList<>(
				List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx" + this.heap,
						"-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-cp",
						System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
						this.main.getName()));
		command.addAll(this.arguments);
		try {
			this.process = new ProcessBuilder(command).redirectErrorStream(true)
				.redirectOutput(ProcessBuilder.Redirect.appendTo(this.output.toFile()))
				.start();
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private Process process() {
		Process process = this.process;
		if (process == null) {
			throw new IllegalStateException("The process does not run");
		}
		return process;
	}

	/**
	 * Kill the process, as with signal 9, and wait until it is dead.
	 */
	public void kill() {
		Process process = this.process;
		if (process != null) {
			process.destroyForcibly().onExit().join();
			this.process = null;
		}
	}

	/**
	 * Ask the process to end, as with signal 15, and wait until it has ended.
	 */
	public void terminate() {
		Process process = process();
		// Process.destroy() would end the standard input as well
		process.toHandle().destroy();
		process.onExit().orTimeout(60, TimeUnit.SECONDS).join();
		this.process = null;
	}

	/**
	 * Let the process stand still, as in a long garbage collection: its connections stay.
	 */
	public void pause() {
		signal("STOP");
	}

	/**
	 * Let the process go on after {@link #pause()}.
	 */
	public void resume() {
		signal("CONT");
	}

	private void signal(String signal) {
		try {
			int status = new ProcessBuilder("sh", "-c", "kill -" + signal + " " + process().pid()).start().waitFor();
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

}
