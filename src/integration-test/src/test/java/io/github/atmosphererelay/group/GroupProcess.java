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

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
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

	private final List<String> lines = new ArrayList<>();

	/** How many bytes of the journal are in the lines. */
	private int read;

	/** The first line of the process that runs. */
	private int first;

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

	/**
	 * Begin to start the node again.
	 * @param more further properties
	 */
	void launch(String... more) {
		this.first = lines().size();
		List<String> command = new ArrayList<>(
				List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx256m",
						"-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-cp",
						System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
						GroupProcess.class.getName()));
		command.addAll(this.arguments);
		command.addAll(List.of(more));
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
	synchronized List<String> lines() {
		try (RandomAccessFile file = new RandomAccessFile(this.journal.toFile(), "r")) {
			byte[] bytes = new byte[(int) file.length() - this.read];
			file.seek(this.read);
			file.readFully(bytes);
			int begin = 0;
			for (int i = 0; i < bytes.length; i++) {
				if (bytes[i] == '\n') {
					this.lines.add(new String(bytes, begin, i - begin, StandardCharsets.UTF_8));
					begin = i + 1;
				}
			}
			this.read += begin;
		}
		catch (FileNotFoundException ex) {
			return List.of();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		return List.copyOf(this.lines);
	}

	/**
	 * Return the groups of the process that runs.
	 */
	Set<String> groups() {
		return reports("lag").map((fields) -> fields[1]).collect(Collectors.toSet());
	}

	/**
	 * Return how many lanes of a group the node has, or -1 if it does not run yet.
	 */
	long lanes(String group) {
		return Long.parseLong(report("lag", group, 2, "-1"));
	}

	/**
	 * Return the last lag of a group that the node has written, or -1 if there is none.
	 */
	long lag(String group) {
		return Long.parseLong(report("lag", group, 3, "-1"));
	}

	/**
	 * Return how many lanes of a group the process has lost to others.
	 */
	long lost(String group) {
		return Long.parseLong(report("lag", group, 4, "0"));
	}

	/**
	 * Return how many lanes of a group this process and those before it have lost.
	 */
	long lostByAll(String group) {
		long sum = 0;
		long last = 0;
		for (String line : lines()) {
			String[] fields = line.split(" ");
			if (fields.length == 5 && fields[0].equals("lag") && fields[1].equals(group)) {
				long lost = Long.parseLong(fields[4]);
				sum += (lost < last) ? lost : lost - last;
				last = lost;
			}
		}
		return sum;
	}

	/**
	 * Return the numbers of the messages that a group has set aside.
	 */
	List<Integer> setAside(String group) {
		return Stream.of(report("aside", group, 2, "").split(","))
			.filter((number) -> !number.isEmpty())
			.map(Integer::valueOf)
			.toList();
	}

	private String report(String kind, String group, int field, String unknown) {
		return reports(kind).filter((fields) -> fields[1].equals(group) && fields.length > field)
			.reduce((earlier, later) -> later)
			.map((fields) -> fields[field])
			.orElse(unknown);
	}

	private Stream<String[]> reports(String kind) {
		List<String> lines = lines();
		return lines.subList(Math.min(this.first, lines.size()), lines.size())
			.stream()
			.filter((line) -> line.startsWith(kind + " "))
			.map((line) -> line.split(" "));
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
	 * Have the process stop, as the platform does, and wait until it has ended.
	 */
	void stop() {
		Process process = this.process;
		if (process != null) {
			// Process.destroy() would close the standard input as well, and the node
			// would halt
			process.toHandle().destroy();
			process.onExit().orTimeout(60, TimeUnit.SECONDS).join();
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
		TestNode node = TestNode.start(List.of(GroupApplication.class), args);
		Runtime.getRuntime().addShutdownHook(new Thread(node::close));
		while (System.in.read() >= 0) {
			continue;
		}
		Runtime.getRuntime().halt(1);
	}

}
