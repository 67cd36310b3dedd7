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
import java.util.List;
import java.util.stream.Stream;

/**
 * What a cluster consists of.
 *
 * @param kind the kind of broker
 * @param outbox whether the nodes store messages and publish them in one transaction
 * @param ports the ports of the nodes
 * @param gateway the port of the gateway before them, or 0 for none; with a gateway the
 * last node is only started when somebody wants it
 */
record Plan(Broker.Kind kind, boolean outbox, List<Integer> ports, int gateway) {

	Plan {
		ports = List.copyOf(ports);
	}

	static Plan of(Broker.Kind kind, boolean outbox, List<Integer> ports) {
		return new Plan(kind, outbox, ports, 0);
	}

	boolean hasGateway() {
		return this.gateway > 0;
	}

	List<Integer> allPorts() {
		return hasGateway() ? Stream.concat(Stream.of(this.gateway), this.ports.stream()).toList() : this.ports;
	}

	/**
	 * Return how many nodes are started with the cluster.
	 */
	int nodesAtStart() {
		return hasGateway() ? this.ports.size() - 1 : this.ports.size();
	}

	Broker startBroker(Path directory) {
		return this.outbox ? WithOutbox.start(this.kind, directory, this.ports)
				: this.kind.start(directory, this.ports);
	}

}
