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

package io.github.atmosphererelay.demo.cluster;

import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * Makes the processes of a cluster, with all that they have to be told.
 */
final class ProcessFactory {

	private final Broker broker;

	private final Plan plan;

	private final Path directory;

	private final Map<String, String> properties;

	private final Map<String, String> environment;

	private final Consumer<String> output;

	/**
	 * Create a factory.
	 * @param plan what the cluster consists of
	 * @param broker its broker
	 * @param control takes the commands of the nodes
	 * @param directory the working directory
	 * @param properties further properties of the nodes
	 * @param output gets what the processes print, on any thread
	 */
	ProcessFactory(Plan plan, Broker broker, ControlServer control, Path directory, Map<String, String> properties,
			Consumer<String> output) {
		this.plan = plan;
		this.broker = broker;
		this.directory = directory;
		this.properties = properties;
		this.environment = Map.of("DEMO_LOGINKEY", UUID.randomUUID().toString(), "DEMO_SUPERVISOR_URL", control.url(),
				"DEMO_SUPERVISOR_TOKEN", control.token());
		this.output = output;
	}

	NodeProcess node(String name, int port) {
		Map<String, String> properties = new LinkedHashMap<>(this.broker.properties());
		properties.putAll(common(port));
		properties.put("server.tomcat.basedir", this.directory.resolve(name).toString());
		properties.put("atmosphere.cluster.node-name", name);
		if (this.plan.hasGateway()) {
			properties.put("atmosphere.routing.enabled", "true");
			// Whoever has pressed the button waits for it. The gateway hears of a ring as
			// soon as the nodes do
			properties.put("atmosphere.routing.move-delay", "2s");
		}
		properties.putAll(this.properties);
		return process(NodeProcess.Program.NODE, name, port, properties, this.environment);
	}

	NodeProcess gateway(Collection<NodeProcess> nodes) {
		return process(NodeProcess.Program.GATEWAY, "gateway", this.plan.gateway(), gatewayProperties(nodes), Map.of());
	}

	/**
	 * Return what a gateway has to be told: where all the nodes are. It learns from the
	 * broker which of them are alive.
	 */
	Map<String, String> gatewayProperties(Collection<NodeProcess> nodes) {
		Map<String, String> properties = new LinkedHashMap<>(this.broker.relayProperties());
		properties.putAll(common(this.plan.gateway()));
		properties.put("spring.config.name", "gateway");
		int index = 0;
		for (NodeProcess node : nodes) {
			String instance = "spring.cloud.discovery.client.simple.instances.chat[" + index++ + "].";
			properties.put(instance + "uri", node.url());
			properties.put(instance + "metadata.atmosphere-node", node.name());
		}
		return properties;
	}

	private static Map<String, String> common(int port) {
		Map<String, String> properties = new LinkedHashMap<>();
		properties.put("server.port", Integer.toString(port));
		properties.put("spring.jmx.enabled", "false");
		properties.put("spring.main.banner-mode", "off");
		properties.put("spring.main.log-startup-info", "false");
		properties.put("logging.level.root", "WARN");
		// The broker is there: only the machine may be slow, with all of them starting at
		// once
		properties.put("atmosphere.relay.start-timeout", "60s");
		return properties;
	}

	private NodeProcess process(NodeProcess.Program program, String name, int port, Map<String, String> properties,
			Map<String, String> environment) {
		return new NodeProcess(program, name, port, properties, environment, this.directory,
				(line) -> this.output.accept("%s | %s".formatted(name, line)));
	}

}
