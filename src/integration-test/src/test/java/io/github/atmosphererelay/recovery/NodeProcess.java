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

package io.github.atmosphererelay.recovery;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import io.github.atmosphererelay.contract.broker.Ports;
import io.github.atmosphererelay.test.TestNode;
import org.jspecify.annotations.Nullable;

/**
 * A node in a process of its own, to be killed without a chance to say good-bye, and
 * started again at the same port. Ends with the process that started it.
 */
public final class NodeProcess implements AutoCloseable {

	private static final Path OUTPUT = Path.of("target", "recovery-nodes.txt");

	private final int port = Ports.free();

	private final List<String> arguments;

	private @Nullable Process process;

	private NodeProcess(List<String> arguments) {
		this.arguments = arguments;
	}

	/**
	 * Begin to start a node, and return at once.
	 */
	static NodeProcess launch(List<String> properties) {
		NodeProcess node = new NodeProcess(properties);
		node.launch();
		return node;
	}

	/**
	 * Begin to start the node again.
	 */
	void launch() {
		List<String> command = new ArrayList<>(
				List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx256m",
						"-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-cp",
						System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
						NodeProcess.class.getName(), "server.port=" + this.port));
		command.addAll(this.arguments);
		try {
			this.process = new ProcessBuilder(command).redirectErrorStream(true)
				.redirectOutput(ProcessBuilder.Redirect.appendTo(OUTPUT.toFile()))
				.start();
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
	}

	int port() {
		return this.port;
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
			throw new IllegalStateException("The node does not run");
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
	 * Run the node.
	 * @param args its properties
	 * @throws IOException if the process that started it cannot be watched
	 */
	public static void main(String[] args) throws IOException {
		TestNode.start(List.of(RecoveryApplication.class), args);
		while (System.in.read() >= 0) {
			continue;
		}
		Runtime.getRuntime().halt(1);
	}

}
