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

package io.github.atmosphererelay.demo.odds;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.kafka.test.EmbeddedKafkaBroker;
import org.springframework.kafka.test.EmbeddedKafkaKraftBroker;
import org.springframework.util.FileSystemUtils;

/**
 * Kafka, Redis, two nodes, three reducers and what writes the odds.
 */
final class OddsCluster implements AutoCloseable {

	private static final Log logger = LogFactory.getLog(OddsCluster.class);

	private final Path directory;

	private final Consumer<String> output;

	private final int port;

	private final Map<String, ChildProcess> nodes = new LinkedHashMap<>();

	private final Map<String, ChildProcess> reducers = new LinkedHashMap<>();

	private @Nullable EmbeddedKafkaBroker kafka;

	private @Nullable EmbeddedRedis redis;

	private @Nullable Owners owners;

	private @Nullable OddsProducer producer;

	private @Nullable ControlServer control;

	private volatile boolean closed;

	private OddsCluster(Path directory, int port, Consumer<String> output) {
		this.directory = directory;
		this.port = port;
		this.output = output;
	}

	/**
	 * Start everything. Either all of it runs afterwards, or nothing is left.
	 * @param port the port of the first node; the second one is on the next
	 * @param output gets what the processes print
	 * @return the cluster
	 */
	static OddsCluster start(int port, Consumer<String> output) throws IOException, InterruptedException {
		OddsCluster cluster = new OddsCluster(Files.createTempDirectory("demo-odds-"), port, output);
		try {
			cluster.startAll();
			return cluster;
		}
		catch (InterruptedException | RuntimeException | Error ex) {
			cluster.close();
			throw ex;
		}
	}

	private void startAll() throws InterruptedException {
		EmbeddedRedis redis = EmbeddedRedis.start(this.directory);
		this.redis = redis;
		EmbeddedKafkaBroker kafka = startKafka();
		this.kafka = kafka;
		String servers = kafka.getBrokersAsString();
		Owners owners = new Owners(servers);
		this.owners = owners;
		owners.createTopic();
		OddsProducer producer = new OddsProducer(servers);
		this.producer = producer;
		ControlServer control = ControlServer.start(this, producer, owners);
		this.control = control;
		Map<String, String> common = new LinkedHashMap<>();
		common.put("spring.kafka.bootstrap-servers", servers);
		common.put("spring.data.redis.port", Integer.toString(redis.port()));
		for (String name : List.of("node-a", "node-b")) {
			Map<String, String> properties = new LinkedHashMap<>(common);
			properties.put("server.port", Integer.toString(this.port + this.nodes.size()));
			properties.put("server.tomcat.basedir", this.directory.resolve(name).toString());
			properties.put("atmosphere.streams.reduce", "false");
			properties.put("atmosphere.cluster.node-name", name);
			this.nodes.put(name,
					new ChildProcess(name, properties,
							Map.of("ODDS_CONTROL_URL", control.url(), "ODDS_CONTROL_TOKEN", control.token()),
							this.directory, this::say));
		}
		for (String name : List.of("reducer-1", "reducer-2", "reducer-3")) {
			Map<String, String> properties = new LinkedHashMap<>(common);
			properties.put("spring.main.web-application-type", "none");
			properties.put("atmosphere.cluster.node-name", name);
			this.reducers.put(name, new ChildProcess(name, properties, Map.of(), this.directory, this::say));
		}
		List<ChildProcess> all = all();
		all.forEach(ChildProcess::launch);
		for (ChildProcess process : all) {
			process.awaitStart();
		}
		producer.start();
	}

	private static EmbeddedKafkaBroker startKafka() {
		EmbeddedKafkaBroker kafka = new EmbeddedKafkaKraftBroker(1, 1)
			.brokerProperties(Map.of("offsets.topic.replication.factor", "1", "group.min.session.timeout.ms", "3000"));
		PrintStream out = System.out;
		// It prints what it formats, past every logging configuration
		System.setOut(new PrintStream(OutputStream.nullOutputStream(), true));
		try {
			kafka.afterPropertiesSet();
		}
		finally {
			System.setOut(out);
		}
		return kafka;
	}

	private void say(String line) {
		// Processes that are sent away say so
		if (!this.closed) {
			this.output.accept(line);
		}
	}

	private List<ChildProcess> all() {
		List<ChildProcess> all = new ArrayList<>(this.nodes.values());
		all.addAll(this.reducers.values());
		return all;
	}

	List<ChildProcess> nodes() {
		return List.copyOf(this.nodes.values());
	}

	List<ChildProcess> reducers() {
		return List.copyOf(this.reducers.values());
	}

	/**
	 * Start or kill a reducer, without waiting for it.
	 * @return the HTTP status that says what became of it
	 */
	int command(String name, String command) {
		ChildProcess reducer = this.reducers.get(name);
		if (reducer == null) {
			return 404;
		}
		boolean done = !this.closed && (command.equals("start") ? reducer.launch() : reducer.kill());
		return done ? 202 : 409;
	}

	/**
	 * The processes first and all at once; the brokers when nobody needs them any more.
	 */
	@Override
	public void close() {
		synchronized (this) {
			if (this.closed) {
				return;
			}
			this.closed = true;
		}
		close(this.control);
		close(this.producer);
		List<Thread> closing = all().stream().map((process) -> new Thread(() -> close(process::stop))).toList();
		closing.forEach(Thread::start);
		closing.forEach((thread) -> close(thread::join));
		close(this.owners);
		EmbeddedKafkaBroker kafka = this.kafka;
		if (kafka != null) {
			close(kafka::destroy);
		}
		close(this.redis);
		close(() -> FileSystemUtils.deleteRecursively(this.directory));
	}

	/** One that fails to close must not keep the others from it. */
	private static void close(@Nullable AutoCloseable part) {
		try {
			if (part != null) {
				part.close();
			}
		}
		catch (Exception ex) {
			logger.warn("Could not close a part of the demo", ex);
		}
	}

}
