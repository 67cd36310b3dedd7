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

package io.github.atmosphererelay.relay.http.internal;

import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

import io.github.atmosphererelay.contract.RelayNode;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Nodes in this JVM that know each other by a list which may change.
 */
final class PeerCluster implements AutoCloseable {

	private final PeerServer server = new PeerServer();

	private final List<URI> urls = new CopyOnWriteArrayList<>();

	private final List<HttpRelay> relays = new ArrayList<>();

	private int maxPending = 10_000;

	private int maxInterest = HttpRelaySettings.DEFAULT_MAX_INTEREST;

	private Duration forgetAfter = HttpRelaySettings.DEFAULT_FORGET_AFTER;

	PeerCluster maxPending(int maxPending) {
		this.maxPending = maxPending;
		return this;
	}

	PeerCluster forgetAfter(Duration forgetAfter) {
		this.forgetAfter = forgetAfter;
		return this;
	}

	PeerCluster maxInterest(int maxInterest) {
		this.maxInterest = maxInterest;
		return this;
	}

	PeerServer server() {
		return this.server;
	}

	List<URI> urls() {
		return this.urls;
	}

	URI url(String name) {
		return URI.create("http://127.0.0.1:" + this.server.port() + "/" + name);
	}

	/**
	 * Create a node that is in the list and not started.
	 */
	RelayNode node(String name) {
		return node(name, settings());
	}

	RelayNode node(String name, HttpRelaySettings settings) {
		HttpRelay relay = new HttpRelay(settings, () -> this.urls);
		this.server.expose("/" + name, relay.endpoint());
		this.urls.add(url(name));
		this.relays.add(relay);
		return new RelayNode(relay);
	}

	HttpRelaySettings settings() {
		return settings(64 * 1024);
	}

	HttpRelaySettings settings(int maxPayloadBytes) {
		return new HttpRelaySettings("test", new EnvelopeCodec(maxPayloadBytes), HttpTestBroker.PATH, null,
				new SharedSecret(HttpTestBroker.SECRET), null, null, this.maxPending, Duration.ofSeconds(1),
				Duration.ofMillis(100), HttpRelaySettings.DEFAULT_MAX_CLOCK_SKEW, this.forgetAfter, this.maxInterest);
	}

	static HttpRelay relay(RelayNode node) {
		return (HttpRelay) node.relay();
	}

	static void awaitPeers(int number, RelayNode... nodes) {
		await().untilAsserted(() -> assertThat(nodes).allSatisfy(
				(node) -> assertThat(relay(node).livePeers()).as(relay(node).details().toString()).isEqualTo(number)));
	}

	@Override
	public void close() {
		this.relays.forEach(HttpRelay::stop);
		this.server.close();
	}

}
