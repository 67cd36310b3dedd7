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

import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * No broker: the nodes send each other messages over HTTP. Each is told where all of them
 * are, and the secret by which they know each other, which is new for each cluster.
 */
final class NoBroker implements Broker {

	private final List<Integer> ports;

	private final String secret = UUID.randomUUID().toString();

	NoBroker(List<Integer> ports) {
		this.ports = List.copyOf(ports);
	}

	@Override
	public Map<String, String> properties() {
		String peers = this.ports.stream().map((port) -> "http://localhost:" + port).collect(Collectors.joining(","));
		// The profile has the channels without a history, which needs a log
		return Map.of("spring.profiles.active", "http", "atmosphere.relay.type", "http", "atmosphere.relay.http.peers",
				peers, "atmosphere.relay.http.secret", this.secret);
	}

	@Override
	public String description() {
		return "none, the nodes send each other messages over HTTP";
	}

	@Override
	public void close() {
		// Nothing runs
	}

}
