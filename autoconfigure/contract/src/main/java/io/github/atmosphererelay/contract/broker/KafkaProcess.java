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
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;

import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.server.common.MetadataVersion;
import org.jspecify.annotations.Nullable;

import org.springframework.util.FileSystemUtils;

/**
 * One Kafka node in a process of its own. A temporary directory keeps its data from one
 * start to the next.
 */
final class KafkaProcess {

	private final Path directory;

	private @Nullable Process process;

	KafkaProcess(int nodeId, String clusterId, Map<String, String> properties) throws Exception {
		this.directory = directory();
		String data = this.directory.resolve("data").toString();
		Properties all = new Properties();
		all.putAll(Map.of("node.id", Integer.toString(nodeId), "log.dirs", data, "controller.listener.names",
				"CONTROLLER", "offsets.topic.replication.factor", "1", "offsets.topic.num.partitions", "1",
				"transaction.state.log.replication.factor", "1", "transaction.state.log.min.isr", "1",
				"group.initial.rebalance.delay.ms", "0", "log.initial.task.delay.ms", "100"));
		// A killed broker can join the cluster again only after its last session has
		// expired
		all.putAll(Map.of("broker.session.timeout.ms", "3000", "broker.heartbeat.interval.ms", "300"));
		all.putAll(properties);
		try (OutputStream out = Files.newOutputStream(this.directory.resolve("server.properties"))) {
			all.store(out, null);
		}
		try (PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream())) {
			new Formatter().setPrintStream(nowhere)
				.setClusterId(clusterId)
				.setNodeId(nodeId)
				.setReleaseVersion(MetadataVersion.latestProduction())
				.setControllerListenerName("CONTROLLER")
				.setMetadataLogDirectory(data)
				.addDirectory(data)
				.run();
		}
	}

	private static Path directory() throws IOException {
		// In memory if possible: a broker waits for the disk at each change of its
		// metadata, and on a busy disk it would seem dead.
		Path memory = Path.of("/dev/shm");
		return Files.isWritable(memory) ? Files.createTempDirectory(memory, "kafka-server")
				: Files.createTempDirectory("kafka-server");
	}

	/**
	 * Start the node's process, and return at once.
	 */
	void launch() {
		List<String> command = new ArrayList<>(
				List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx384m",
						"-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto"));
		command.addAll(
				List.of("-cp", System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
						KafkaServerMain.class.getName(), this.directory.resolve("server.properties").toString()));
		try {
			this.process = new ProcessBuilder(command).redirectErrorStream(true)
				.redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile()))
				.start();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	boolean isLaunched() {
		return this.process != null;
	}

	/**
	 * Kill the node without a clean shutdown, and wait until its process has ended.
	 */
	void kill() {
		Process process = this.process;
		if (process != null) {
			process.destroyForcibly().onExit().join();
			this.process = null;
		}
	}

	boolean isAlive() {
		Process process = this.process;
		return process != null && process.isAlive();
	}

	/**
	 * Kill the node and remove its data.
	 */
	void close() {
		kill();
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

	static List<Integer> freePorts(int count) throws IOException {
		List<ServerSocket> sockets = new ArrayList<>();
		try {
			for (int i = 0; i < count; i++) {
				sockets.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
			}
			return sockets.stream().map(ServerSocket::getLocalPort).toList();
		}
		finally {
			for (ServerSocket socket : sockets) {
				socket.close();
			}
		}
	}

}
