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

package io.github.atmosphererelay.contract.broker;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;

import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

import org.springframework.util.FileSystemUtils;

/**
 * A server in a process of its own, with a temporary directory that keeps its data from
 * one start to the next. When the process that has started it ends, by whatever cause, a
 * small script kills the server and removes the directory.
 * <p>
 * For use by one thread at a time.
 */
final class ServerProcess {

	/** The parent of the directories, if another one than the default is wanted. */
	private static final String PARENT_PROPERTY = "atmosphere.test.server-directory";

	/** Less is not enough for the data of several servers. */
	private static final long MEMORY_BYTES = 1L << 30;

	private static final Duration START_TIMEOUT = Duration.ofSeconds(60);

	private static final Duration END_TIMEOUT = Duration.ofSeconds(20);

	/**
	 * Its input ends with the process that has started it. What was paused can only end
	 * after it was continued.
	 */
	private static final String WATCH = """
			while read -r line; do :; done
			kill -"$1" "$2"; kill -CONT "$2" $(cat /proc/"$2"/task/*/children)
			for i in 1 2 3 4 5 6 7 8 9 10; do kill -0 "$2" || break; sleep 0.1; done
			kill -KILL "$2"
			rm -rf "$3"
			""";

	private final Path directory;

	private final String lastSignal;

	private @Nullable Process process;

	private @Nullable Process watch;

	/**
	 * Create the directory.
	 * @param name the beginning of the directory's name
	 * @param lastSignal the name of the signal that ends the server at once, without
	 * leaving anything outside its directory
	 */
	ServerProcess(String name, String lastSignal) {
		this.lastSignal = lastSignal;
		try {
			this.directory = Files.createTempDirectory(parent(), name);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * In memory if possible: what a process has written there outlives the process, as on
	 * a disk, and a busy disk would hold up the tests.
	 */
	private static Path parent() throws IOException {
		String wanted = System.getProperty(PARENT_PROPERTY);
		if (wanted != null) {
			return Path.of(wanted);
		}
		Path memory = Path.of("/dev/shm");
		return (Files.isWritable(memory) && Files.getFileStore(memory).getUsableSpace() >= MEMORY_BYTES) ? memory
				: Path.of(System.getProperty("java.io.tmpdir"));
	}

	Path directory() {
		return this.directory;
	}

	/**
	 * Run a program that prepares the server, and wait for its end.
	 * @param command the program and its arguments
	 */
	void prepare(List<String> command) {
		try {
			Process process = builder(command).start();
			if (process.waitFor() != 0) {
				throw new IllegalStateException(command + " failed: " + output());
			}
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * Start the server, and return at once.
	 * @param command the program and its arguments
	 */
	void launch(List<String> command) {
		if (isAlive()) {
			throw new IllegalStateException("The server runs");
		}
		try {
			Process process = builder(command).start();
			this.process = process;
			// In a session of its own, it outlives a signal to the group of the tests
			List<String> watch = new ArrayList<>(Programs.find("setsid").map(Path::toString).stream().toList());
			watch.addAll(List.of("sh", "-c", WATCH, "watch", this.lastSignal, Long.toString(process.pid()),
					this.directory.toString()));
			this.watch = new ProcessBuilder(watch).redirectErrorStream(true)
				.redirectOutput(ProcessBuilder.Redirect.DISCARD)
				.start();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Wait until the server that was launched accepts connections.
	 * @param product the name of the server
	 * @param connect opens a connection
	 */
	void awaitAnswer(String product, Callable<? extends AutoCloseable> connect) {
		Awaitility.await()
			.alias(product + " that answers")
			.atMost(START_TIMEOUT)
			.pollInterval(Duration.ofMillis(10))
			.failFast(() -> {
				if (!isAlive()) {
					throw new IllegalStateException(product + " did not start: " + output());
				}
			})
			.ignoreExceptions()
			.until(() -> {
				connect.call().close();
				return true;
			});
	}

	private ProcessBuilder builder(List<String> command) {
		ProcessBuilder builder = new ProcessBuilder(command).directory(this.directory.toFile())
			.redirectErrorStream(true)
			.redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile()));
		builder.environment().put("LC_ALL", "C");
		return builder;
	}

	boolean isAlive() {
		Process process = this.process;
		return process != null && process.isAlive();
	}

	/**
	 * Return the server's process and those that it has started.
	 * @return process ids; none if it does not run
	 */
	List<Long> ids() {
		Process process = this.process;
		return (process != null)
				? Stream.concat(Stream.of(process.toHandle()), process.descendants()).map(ProcessHandle::pid).toList()
				: List.of();
	}

	/**
	 * Kill the server and all processes that it has started, and wait until they have
	 * ended. Does nothing if it does not run.
	 */
	void kill() {
		Process process = this.process;
		if (process != null) {
			// Stopped, it starts no others while they are killed
			pause();
			List<Long> ids = ids();
			signal("KILL", ids);
			awaitEnd(process, ids);
		}
	}

	/**
	 * Send the server's process the signal that ends it at once, and wait until it has
	 * ended. Does nothing if it does not run.
	 */
	void end() {
		Process process = this.process;
		if (process != null) {
			List<Long> ids = ids();
			signal(this.lastSignal, ids.subList(0, 1));
			signal("CONT", ids);
			awaitEnd(process, ids);
		}
	}

	private void awaitEnd(Process process, List<Long> ids) {
		Awaitility.await()
			.alias("the end of the server's processes")
			.atMost(END_TIMEOUT)
			.pollInterval(Duration.ofMillis(5))
			.until(() -> !process.isAlive() && ids.stream().noneMatch(ServerProcess::runs));
		this.process = null;
		Process watch = this.watch;
		if (watch != null) {
			watch.destroyForcibly().onExit().join();
		}
	}

	/**
	 * Stop the server and all processes that it has started, without ending them.
	 */
	void pause() {
		Process process = this.process;
		if (process != null) {
			List<Long> first = List.of(process.pid());
			signal("STOP", first);
			Awaitility.await()
				.alias("a server that has stopped")
				.atMost(END_TIMEOUT)
				.pollInterval(Duration.ofMillis(1))
				.until(() -> hasState(process.pid(), "TtZ?"));
			List<Long> ids = ids();
			signal("STOP", ids.subList(1, ids.size()));
		}
	}

	/**
	 * Let the server and its processes go on.
	 */
	void resume() {
		signal("CONT", ids());
	}

	/**
	 * End the server and remove its directory.
	 */
	void close() {
		end();
		try {
			FileSystemUtils.deleteRecursively(this.directory);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	String output() {
		try {
			return Files.readString(log());
		}
		catch (IOException ex) {
			return "no output";
		}
	}

	private Path log() {
		return this.directory.resolve("server.log");
	}

	private static void signal(String signal, List<Long> ids) {
		if (!ids.isEmpty()) {
			List<String> command = new ArrayList<>(List.of("sh", "-c", "kill -" + signal + " \"$@\"", "kill"));
			ids.forEach((id) -> command.add(id.toString()));
			// It fails if one of them has ended meanwhile
			Programs.succeeds(command);
		}
	}

	/**
	 * Return whether a process runs. One that has ended, and that nobody has asked for
	 * its status, does not.
	 * @param id the process id
	 * @return whether it runs
	 */
	static boolean runs(long id) {
		return ProcessHandle.of(id).filter(ProcessHandle::isAlive).isPresent() && !hasState(id, "ZX");
	}

	private static boolean hasState(long id, String states) {
		try {
			String status = Files.readString(Path.of("/proc/" + id + "/stat"));
			// The state follows the name of the program, which is in parentheses
			return states.indexOf(status.charAt(status.lastIndexOf(')') + 2)) >= 0;
		}
		catch (IOException ex) {
			// Ended, or not on Linux
			return states.indexOf('?') >= 0;
		}
	}

}
