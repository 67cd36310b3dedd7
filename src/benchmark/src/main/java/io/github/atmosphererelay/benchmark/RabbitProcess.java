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
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The RabbitMQ that is installed on this machine, with its plug-in for STOMP. The
 * environment variable {@code RABBITMQ_SERVER} names the program, if it is not where
 * Debian puts it.
 */
final class RabbitProcess implements BrokerProcess {

	private static final Duration START_TIMEOUT = Duration.ofSeconds(60);

	private static final String PROGRAM = "/usr/lib/rabbitmq/bin/rabbitmq-server";

	private final Process process;

	/**
	 * With it the nodes of Erlang find each other. RabbitMQ would leave its own running.
	 */
	private final Process finder;

	private final int port;

	private RabbitProcess(Process process, Process finder, int port) {
		this.finder = finder;
		this.process = process;
		this.port = port;
	}

	static RabbitProcess start(Path directory) {
		try {
			int port = freePort();
			String finderPort = Integer.toString(freePort());
			Path home = Files.createDirectories(directory.resolve("rabbitmq"));
			Path plugins = Files.writeString(home.resolve("enabled_plugins"), "[rabbitmq_stomp].");
			Path configuration = Files.writeString(home.resolve("rabbitmq.conf"), "listeners.tcp.1 = 127.0.0.1:"
					+ freePort() + "\nstomp.listeners.tcp.1 = 127.0.0.1:" + port + "\nloopback_users = none\n");
			ProcessBuilder builder = new ProcessBuilder(System.getenv().getOrDefault("RABBITMQ_SERVER", PROGRAM))
				.redirectErrorStream(true)
				.redirectOutput(home.resolve("out.log").toFile());
			builder.environment()
				.putAll(Map.of("RABBITMQ_NODENAME", "benchmark@localhost", "RABBITMQ_MNESIA_BASE",
						home.resolve("mnesia").toString(), "RABBITMQ_LOG_BASE", home.toString(), "RABBITMQ_CONFIG_FILE",
						configuration.toString(), "RABBITMQ_ENABLED_PLUGINS_FILE", plugins.toString(),
						"RABBITMQ_DIST_PORT", Integer.toString(freePort()), "ERL_EPMD_PORT", finderPort,
						"ERL_EPMD_ADDRESS", "127.0.0.1", "HOME", home.toString()));
			Process finder = new ProcessBuilder("epmd", "-port", finderPort, "-address", "127.0.0.1").start();
			RabbitProcess rabbit = new RabbitProcess(builder.start(), finder, port);
			rabbit.awaitAnswer(home);
			return rabbit;
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static int freePort() throws IOException {
		try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
			return socket.getLocalPort();
		}
	}

	private void awaitAnswer(Path home) throws IOException {
		long deadline = System.nanoTime() + START_TIMEOUT.toNanos();
		while (!answers()) {
			if (!this.process.isAlive() || System.nanoTime() > deadline) {
				close();
				throw new IOException("RabbitMQ does not answer on port " + this.port + ": "
						+ Files.readString(home.resolve("out.log")));
			}
			try {
				TimeUnit.MILLISECONDS.sleep(100);
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
				throw new IOException(ex);
			}
		}
	}

	private boolean answers() {
		try (Socket socket = new Socket("127.0.0.1", this.port)) {
			return socket.isConnected();
		}
		catch (IOException ex) {
			return false;
		}
	}

	@Override
	public int port() {
		return this.port;
	}

	@Override
	public Duration cpu() {
		return this.process.descendants()
			.map(ServerProcess::cpu)
			.reduce(ServerProcess.cpu(this.process.toHandle()), Duration::plus);
	}

	@Override
	public void close() {
		// Nothing of it is kept, and what it still writes could not be deleted
		List<ProcessHandle> processes = new ArrayList<>(this.process.descendants().toList());
		processes.add(this.process.toHandle());
		processes.forEach(ProcessHandle::destroyForcibly);
		processes.forEach((each) -> each.onExit().join());
		this.finder.destroy();
	}

}
