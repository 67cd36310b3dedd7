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

package io.github.atmosphererelay.group;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import io.github.atmosphererelay.test.TestNode;
import org.jspecify.annotations.Nullable;

/**
 * A node with {@link GroupApplication} in a process of its own, to be killed and paused.
 * Ends with the process that started it.
 */
public final class GroupProcess implements AutoCloseable {

	private static final Path OUTPUT = Path.of("target", "group-nodes.txt");

	private final List<String> arguments;

	private final Path journal;

	private @Nullable Process process;

	/**
	 * Begin to start a node.
	 * @param journal the file of the node
	 * @param arguments its properties
	 */
	GroupProcess(Path journal, List<String> arguments) {
		this.journal = journal;
		this.arguments = Stream.concat(arguments.stream(), Stream.of("test.journal=" + journal)).toList();
		launch();
	}

	void launch() {
		List<String> command = new ArrayList<>(
				List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx256m",
						"-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-cp",
						System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
						GroupProcess.class.getName()));
		command.addAll(this.arguments);
		try {
			this.process = new ProcessBuilder(command).redirectErrorStream(true)
				.redirectOutput(ProcessBuilder.Redirect.appendTo(OUTPUT.toFile()))
				.start();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Return what the node has written.
	 */
	List<String> lines() {
		try {
			return Files.exists(this.journal) ? Files.readAllLines(this.journal) : List.of();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Return the last lag of a group that the node has written, or -1 if there is none.
	 */
	long lag(String group) {
		return report(group, 3);
	}

	/**
	 * Return how many lanes of a group the node has, or -1 if it does not run yet.
	 */
	long lanes(String group) {
		return report(group, 2);
	}

	private long report(String group, int field) {
		List<String> lines = lines();
		for (int i = lines.size() - 1; i >= 0; i--) {
			String[] fields = lines.get(i).split(" ");
			if (fields.length == 4 && fields[0].equals("lag") && fields[1].equals(group)) {
				return Long.parseLong(fields[field]);
			}
		}
		return -1;
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

	void pause() throws Exception {
		signal("-STOP");
	}

	void resume() throws Exception {
		signal("-CONT");
	}

	private void signal(String signal) throws Exception {
		Process process = this.process;
		if (process == null
				|| new ProcessBuilder("kill", signal, Long.toString(process.pid())).start().waitFor() != 0) {
			throw new IllegalStateException("The process does not run");
		}
	}

	@Override
	public void close() {
		kill();
	}

	/**
	 * Run the node.
	 * @param args its properties
	 * @throws IOException if the process that started it cannot be watched
	 */
	public static void main(String[] args) throws IOException {
		TestNode.start(List.of(GroupApplication.class), args);
		while (System.in.read() >= 0) {
			continue;
		}
		Runtime.getRuntime().halt(1);
	}

}
