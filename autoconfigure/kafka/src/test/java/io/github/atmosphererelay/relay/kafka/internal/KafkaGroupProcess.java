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

package io.github.atmosphererelay.relay.kafka.internal;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

import io.github.atmosphererelay.contract.RelayNode;
import io.github.atmosphererelay.group.internal.GroupHandler;
import io.github.atmosphererelay.group.internal.GroupRunner;
import io.github.atmosphererelay.group.internal.GroupSettings;
import io.github.atmosphererelay.guard.Guards;
import io.github.atmosphererelay.guard.internal.Timers;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.GroupOptions;
import io.github.atmosphererelay.test.GrowingThreads;
import org.jspecify.annotations.Nullable;

import org.springframework.kafka.core.DefaultKafkaConsumerFactory;
import org.springframework.kafka.core.DefaultKafkaProducerFactory;

/**
 * A node of a group in a process of its own, which tells what it handles.
 */
public final class KafkaGroupProcess implements AutoCloseable {

	/** The channel whose messages are never handled. */
	static final String FAILING = "orders/failing";

	private static final Duration START = Duration.ofSeconds(60);

	/** After which time without an answer a node has lost its share. */
	static final Duration SESSION = Duration.ofSeconds(6);

	static final GroupSettings SETTINGS = new GroupSettings(16, 2, Duration.ofMillis(50), Duration.ofMillis(200), 100,
			2000, 8 * 1024 * 1024, Duration.ofSeconds(10));

	/** How long a message takes. */
	private static final long WORK_NANOS = Duration.ofMillis(10).toNanos();

	private final String name;

	private final Process process;

	private final Queue<Handled> handled;

	private final Map<String, Queue<Committed>> committed = new ConcurrentHashMap<>();

	private KafkaGroupProcess(String name, Process process, Queue<Handled> handled) {
		this.name = name;
		this.process = process;
		this.handled = handled;
	}

	/**
	 * Start a node.
	 * @param name its name in the test
	 * @param servers the bootstrap servers
	 * @param topic the relay's topic
	 * @param handled receives what it handles
	 */
	static KafkaGroupProcess start(String name, String servers, String topic, Queue<Handled> handled) {
		List<String> command = new ArrayList<>(
				List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx192m",
						"-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-cp",
						System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
						KafkaGroupProcess.class.getName(), servers, topic));
		try {
			Process process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
			KafkaGroupProcess node = new KafkaGroupProcess(name, process, handled);
			Thread reader = new Thread(node::read, "output of " + name);
			reader.setDaemon(true);
			reader.start();
			return node;
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private void read() {
		try (BufferedReader in = this.process.inputReader(StandardCharsets.UTF_8)) {
			for (String line = in.readLine(); line != null; line = in.readLine()) {
				String[] parts = line.split(" ");
				if (parts.length == 5 && parts[0].equals("handled")) {
					this.handled.add(new Handled(this.name, parts[1], Integer.parseInt(parts[2]),
							Long.parseLong(parts[3]), Long.parseLong(parts[4])));
				}
				else if (parts.length == 4 && parts[0].equals("committed")) {
					this.committed.computeIfAbsent(parts[1], (channel) -> new ConcurrentLinkedQueue<>())
						.add(new Committed(Long.parseLong(parts[2]), Long.parseLong(parts[3])));
				}
			}
		}
		catch (IOException ex) {
			// The process was killed
		}
	}

	/**
	 * Return whether the node knew that a message was committed.
	 * @param handled the message
	 * @param at the time, by the machine's monotonic clock
	 */
	boolean knewCommitted(Handled handled, long at) {
		return this.committed.getOrDefault(handled.channel(), new ConcurrentLinkedQueue<>())
			.stream()
			.anyMatch((committed) -> committed.offset() >= handled.offset() && committed.at() < at);
	}

	void kill() {
		this.process.destroyForcibly().onExit().join();
	}

	/**
	 * Stop the node as an application stops.
	 */
	void stop() {
		try {
			OutputStream in = this.process.getOutputStream();
			in.close();
			this.process.onExit().get(START.toSeconds(), TimeUnit.SECONDS);
		}
		catch (Exception ex) {
			throw new IllegalStateException(ex);
		}
	}

	void signal(String signal) {
		try {
			new ProcessBuilder("kill", "-" + signal, Long.toString(this.process.pid())).start().waitFor();
		}
		catch (Exception ex) {
			throw new IllegalStateException(ex);
		}
	}

	@Override
	public void close() {
		kill();
	}

	public static void main(String[] args) throws IOException {
		PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
		// Libraries that log to the standard output would break its lines
		System.setOut(System.err);
		String servers = args[0];
		Map<String, Object> properties = Map.of("bootstrap.servers", servers);
		KafkaRelay relay = new KafkaRelay(new DefaultKafkaProducerFactory<>(properties),
				new DefaultKafkaConsumerFactory<>(
						Map.of("bootstrap.servers", servers, "session.timeout.ms", Long.toString(SESSION.toMillis()))),
				properties, KafkaTestBroker.logSettings(args[1], new EnvelopeCodec(1024), Duration.ofMinutes(5)));
		new RelayNode(relay).start().awaitRoundTrip(START);
		GroupRunner runner = new GroupRunner(
				new GroupOptions("billing", (channel) -> channel.startsWith("orders/"), GroupOptions.Start.EARLIEST),
				"orders/**", new Telling(out), SETTINGS, new TellingGroups(relay.groups(), out),
				new Timers(Executors.newSingleThreadScheduledExecutor(), new Guards()), (event) -> {
				}, new GrowingThreads());
		runner.start();
		while (System.in.read() >= 0) {
			continue;
		}
		runner.stop();
		relay.stop();
		Runtime.getRuntime().halt(0);
	}

	/**
	 * What a node has handled.
	 *
	 * @param node its name
	 * @param channel the channel
	 * @param number the number of the message in its channel
	 * @param offset the offset of its position
	 * @param at when, by the machine's monotonic clock
	 */
	record Handled(String node, String channel, int number, long offset, long at) {

		static Queue<Handled> queue() {
			return new ConcurrentLinkedQueue<>();
		}

	}

	/**
	 * What the broker has confirmed.
	 *
	 * @param offset the offset of the last message
	 * @param at when, by the machine's monotonic clock
	 */
	private record Committed(long offset, long at) {
	}

	/**
	 * Tells what it handles.
	 */
	private record Telling(PrintStream out) implements GroupHandler {

		@Override
		public @Nullable CompletionStage<?> handle(Publication publication) {
			long begin = System.nanoTime();
			if (publication.channel().equals(FAILING)) {
				throw new IllegalStateException("expected");
			}
			this.out.println("handled " + publication.channel() + " " + publication.payload().asText() + " "
					+ Objects.requireNonNull(publication.position()).offset() + " " + begin);
			LockSupport.parkNanos(WORK_NANOS);
			return null;
		}

		@Override
		public String name() {
			return "Telling";
		}

	}

}
