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
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;

import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.server.common.MetadataVersion;

/**
 * One Kafka node in a process of its own. A temporary directory keeps its data from one
 * start to the next.
 */
final class KafkaProcess {

	private final ServerProcess server = new ServerProcess("kafka-server", "KILL");

	private final Properties properties = new Properties();

	private boolean launched;

	KafkaProcess(int nodeId, String clusterId, Map<String, String> properties) throws Exception {
		String data = this.server.directory().resolve("data").toString();
		Properties all = this.properties;
		all.putAll(Map.of("node.id", Integer.toString(nodeId), "log.dirs", data, "controller.listener.names",
				"CONTROLLER", "offsets.topic.replication.factor", "1", "offsets.topic.num.partitions", "1",
				"transaction.state.log.replication.factor", "1", "transaction.state.log.min.isr", "1",
				"transaction.state.log.num.partitions", "1", "group.initial.rebalance.delay.ms", "0",
				"log.initial.task.delay.ms", "100"));
		// A killed broker can join the cluster again only after its last session has
		// expired
		all.putAll(Map.of("broker.session.timeout.ms", "3000", "broker.heartbeat.interval.ms", "300"));
		all.putAll(properties);
		store();
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

	private void store() throws IOException {
		try (OutputStream out = Files.newOutputStream(configuration())) {
			this.properties.store(out, null);
		}
	}

	/**
	 * Change properties, from the next start on.
	 */
	void change(Map<String, String> properties) throws IOException {
		this.properties.putAll(properties);
		store();
	}

	private Path configuration() {
		return this.server.directory().resolve("server.properties");
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
						KafkaServerMain.class.getName(), configuration().toString()));
		this.server.launch(command);
		this.launched = true;
	}

	boolean isLaunched() {
		return this.launched;
	}

	/**
	 * Kill the node without a clean shutdown, and wait until its process has ended.
	 */
	void kill() {
		this.server.end();
		this.launched = false;
	}

	boolean isAlive() {
		return this.server.isAlive();
	}

	/**
	 * Kill the node and remove its data.
	 */
	void close() {
		this.launched = false;
		this.server.close();
	}

	String output() {
		return this.server.output();
	}

}
