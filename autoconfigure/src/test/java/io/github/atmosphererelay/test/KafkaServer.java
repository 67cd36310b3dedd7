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
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.server.common.MetadataVersion;
import org.jspecify.annotations.Nullable;

import org.springframework.util.FileSystemUtils;

/**
 * A real Kafka broker in a process of its own, which can be killed and started again with
 * its ports and its data. Ends with the process that started it.
 * <p>
 * It listens three times: {@link #adminServers()} for the tests themselves, and twice for
 * relays, direct and proxied, each behind a {@link TcpProxy}, because clients of Kafka
 * connect to the address that the broker tells them.
 */
public final class KafkaServer implements AutoCloseable {

	private static final Duration START_TIMEOUT = Duration.ofSeconds(120);

	private final Path directory;

	private final int adminPort;

	private final TcpProxy direct;

	private final TcpProxy proxy;

	private @Nullable Process process;

	private KafkaServer(Path directory, Map<String, String> properties) throws Exception {
		this.directory = directory;
		List<Integer> ports = freePorts(4);
		this.adminPort = ports.get(0);
		this.direct = TcpProxy.start("127.0.0.1", ports.get(1));
		this.proxy = TcpProxy.start("127.0.0.1", ports.get(2));
		Properties all = new Properties();
		all.putAll(Map.of("process.roles", "broker,controller", "node.id", "1", "log.dirs",
				directory.resolve("data").toString(), "controller.quorum.voters", "1@127.0.0.1:" + ports.get(3),
				"controller.listener.names", "CONTROLLER", "inter.broker.listener.name", "ADMIN"));
		all.put("listeners",
				"ADMIN://127.0.0.1:%d,DIRECT://127.0.0.1:%d,PROXIED://127.0.0.1:%d,CONTROLLER://127.0.0.1:%d"
					.formatted(ports.toArray()));
		all.put("advertised.listeners", "ADMIN://127.0.0.1:%d,DIRECT://127.0.0.1:%d,PROXIED://127.0.0.1:%d"
			.formatted(this.adminPort, this.direct.port(), this.proxy.port()));
		all.put("listener.security.protocol.map",
				"ADMIN:PLAINTEXT,DIRECT:PLAINTEXT,PROXIED:PLAINTEXT,CONTROLLER:PLAINTEXT");
		all.putAll(Map.of("offsets.topic.replication.factor", "1", "offsets.topic.num.partitions", "1",
				"transaction.state.log.replication.factor", "1", "transaction.state.log.min.isr", "1",
				"group.initial.rebalance.delay.ms", "0", "log.initial.task.delay.ms", "100"));
		// A killed broker is let in again only after its last session has expired
		all.putAll(Map.of("broker.session.timeout.ms", "3000", "broker.heartbeat.interval.ms", "300"));
		all.putAll(properties);
		try (OutputStream out = Files.newOutputStream(directory.resolve("server.properties"))) {
			all.store(out, null);
		}
		format();
	}

	/**
	 * Make a broker and start it.
	 * @return a running broker
	 */
	public static KafkaServer create() {
		return create(Map.of());
	}

	/**
	 * Make a broker and start it.
	 * @param properties properties of the broker beyond those that it needs
	 * @return a running broker
	 */
	public static KafkaServer create(Map<String, String> properties) {
		try {
			KafkaServer server = new KafkaServer(directory(), properties);
			server.start();
			return server;
		}
		catch (Exception ex) {
			throw new IllegalStateException("The Kafka broker could not be set up", ex);
		}
	}

	private static Path directory() throws IOException {
		// In memory where that can be had: a broker waits for the disk with each change
		// of
		// its metadata, and a disk that others use as well makes it seem dead.
		Path memory = Path.of("/dev/shm");
		return Files.isWritable(memory) ? Files.createTempDirectory(memory, "kafka-server")
				: Files.createTempDirectory("kafka-server");
	}

	/**
	 * Start the broker, with the data that it had when it ended. Returns when it answers.
	 */
	public void start() {
		launch();
		awaitAnswer();
	}

	/**
	 * Begin to start the broker, and return at once.
	 */
	public void launch() {
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

	/**
	 * Kill the broker without giving it a chance to say good-bye, and wait until it is
	 * dead.
	 */
	public void kill() {
		Process process = this.process;
		if (process != null) {
			process.destroyForcibly().onExit().join();
			this.process = null;
		}
	}

	/**
	 * Return the address for the tests' own clients.
	 * @return bootstrap servers
	 */
	public String adminServers() {
		return "127.0.0.1:" + this.adminPort;
	}

	/**
	 * Return the proxy to disturb.
	 * @return the proxy
	 */
	public TcpProxy proxy() {
		return this.proxy;
	}

	/**
	 * Return the proxy through which the undisturbed clients go, which counts them.
	 * @return the proxy
	 */
	public TcpProxy direct() {
		return this.direct;
	}

	/**
	 * Connect an administrator.
	 * @return a client, to be closed
	 */
	public Admin admin() {
		return Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, adminServers()));
	}

	@Override
	public void close() {
		kill();
		this.direct.close();
		this.proxy.close();
		try {
			FileSystemUtils.deleteRecursively(this.directory);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private void awaitAnswer() {
		Process process = this.process;
		long deadline = System.nanoTime() + START_TIMEOUT.toNanos();
		while (process != null && process.isAlive() && System.nanoTime() < deadline) {
			try (Admin admin = admin()) {
				if (!admin.describeCluster().nodes().get(1, TimeUnit.SECONDS).isEmpty()) {
					return;
				}
			}
			catch (TimeoutException ex) {
				// Not yet
			}
			catch (Exception ex) {
				throw new IllegalStateException("The Kafka broker does not answer", ex);
			}
		}
		throw new IllegalStateException("The Kafka broker did not start: " + output());
	}

	private String output() {
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

	private void format() throws Exception {
		String data = this.directory.resolve("data").toString();
		try (PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream())) {
			new Formatter().setPrintStream(nowhere)
				.setClusterId(Uuid.randomUuid().toString())
				.setNodeId(1)
				.setReleaseVersion(MetadataVersion.latestProduction())
				.setControllerListenerName("CONTROLLER")
				.setMetadataLogDirectory(data)
				.addDirectory(data)
				.run();
		}
	}

	private static List<Integer> freePorts(int count) throws IOException {
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
