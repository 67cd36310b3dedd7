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

package io.github.atmosphererelay.feed.internal;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.atmosphererelay.contract.broker.TcpProxy;
import io.github.atmosphererelay.feed.Forwarding;
import io.github.atmosphererelay.guard.Guards;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import io.github.atmosphererelay.relay.http.internal.HttpRelaySettings;
import io.github.atmosphererelay.relay.http.internal.PeerDiscovery;
import io.github.atmosphererelay.relay.http.internal.SharedSecret;
import io.github.atmosphererelay.test.MachineTime;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link HttpForwarding}.
 */
class HttpForwardingTests extends ForwardingContractTests {

	private static final String SECRET = "0123456789abcdef0123456789abcdef";

	private static final long MAX_IN_FLIGHT = 6L * MAX_PAYLOAD;

	private final Map<String, List<URI>> urls = new ConcurrentHashMap<>();

	private final AtomicInteger nodes = new AtomicInteger();

	private ForwardingServer server;

	private TcpProxy proxy;

	@BeforeAll
	void startServer() {
		this.server = new ForwardingServer();
		this.proxy = TcpProxy.start("127.0.0.1", this.server.port());
	}

	@AfterAll
	void stopServer() {
		this.proxy.close();
		this.server.close();
	}

	@Override
	protected Forwarding create(String cluster) {
		return create(cluster, SECRET, this.server.port());
	}

	@Override
	protected Forwarding createBehindProxy(String cluster) {
		return create(cluster, SECRET, this.proxy.port());
	}

	@Override
	protected TcpProxy proxy() {
		return this.proxy;
	}

	private HttpForwarding create(String cluster, String secret, int port) {
		HttpForwarding forwarding = sending(cluster, secret, () -> List.copyOf(urls(cluster)));
		String prefix = "/n" + this.nodes.incrementAndGet();
		this.server.expose(prefix, forwarding.endpoint());
		urls(cluster).add(URI.create("http://127.0.0.1:" + port + prefix));
		return forwarding;
	}

	private List<URI> urls(String cluster) {
		return this.urls.computeIfAbsent(cluster, (key) -> new CopyOnWriteArrayList<>());
	}

	/**
	 * Create what needs no web server.
	 */
	private static HttpForwarding sending(String cluster, String secret, PeerDiscovery discovery) {
		HttpRelaySettings settings = new HttpRelaySettings(cluster, new EnvelopeCodec(MAX_PAYLOAD), "/feeds", null,
				new SharedSecret(secret), null, null, 100, Duration.ofSeconds(1), Duration.ofMillis(200),
				HttpRelaySettings.DEFAULT_MAX_CLOCK_SKEW, HttpRelaySettings.DEFAULT_FORGET_AFTER, 1);
		return new HttpForwarding(settings, discovery, MAX_IN_FLIGHT, new Guards().of(Part.FEEDS));
	}

	@Test
	void aProcessWithoutWebServerForwards() throws Exception {
		UUID node = UUID.randomUUID();
		UUID sender = UUID.randomUUID();
		RangeRecorder recorder = receiving(forwarding(), node);
		String cluster = cluster();
		Forwarding sending = sending(cluster, SECRET, () -> List.copyOf(urls(cluster)));
		try {
			for (long offset = 0; offset < 20; offset++) {
				sending.send(node, List.of(range(sender, 0, offset))).get(30, TimeUnit.SECONDS);
			}
			awaitOffsets(recorder, 0, offsets(20));
		}
		finally {
			sending.stop();
		}
	}

	@Test
	void whoDoesNotKnowTheSecretCannotForward() throws Exception {
		UUID node = UUID.randomUUID();
		RangeRecorder recorder = receiving(forwarding(), node);
		String cluster = cluster();
		Forwarding stranger = sending(cluster, SECRET.replace('0', 'x'), () -> List.copyOf(urls(cluster)));
		try {
			assertThatExceptionOfType(ExecutionException.class)
				.isThrownBy(
						() -> stranger.send(node, List.of(range(UUID.randomUUID(), 0, 0))).get(30, TimeUnit.SECONDS))
				.withCauseInstanceOf(RelayUnavailableException.class);
			assertThat(recorder.count()).isZero();
		}
		finally {
			stranger.stop();
		}
	}

	@Test
	void whatIsSentToANodeThatIsNowhereFails() {
		forwarding();
		MachineTime time = MachineTime.start();
		assertThatExceptionOfType(ExecutionException.class)
			.isThrownBy(() -> forwarding().send(UUID.randomUUID(), List.of(range(UUID.randomUUID(), 0, 0)))
				.get(30, TimeUnit.SECONDS))
			.withStackTraceContaining("No discovered URL leads to the node");
		assertThat(time.elapsed()).isLessThan(Duration.ofSeconds(10));
	}

	@Test
	void aNodeThatHasTakenThePlaceOfAnotherIsFound() throws Exception {
		UUID sender = UUID.randomUUID();
		UUID first = UUID.randomUUID();
		UUID second = UUID.randomUUID();
		String cluster = cluster();
		Forwarding before = forwarding();
		String prefix = "/n" + this.nodes.get();
		receiving(before, first);
		Forwarding sending = forwarding();
		sending.send(first, List.of(range(sender, 0, 0))).get(30, TimeUnit.SECONDS);
		before.stop();
		HttpForwarding after = sending(cluster, SECRET, () -> List.copyOf(urls(cluster)));
		try {
			RangeRecorder recorder = receiving(after, second);
			this.server.expose(prefix, after.endpoint());
			sending.send(second, List.of(range(sender, 0, 1))).get(30, TimeUnit.SECONDS);
			assertThat(recorder.offsets("prices", 0)).containsExactly(1L);
		}
		finally {
			after.stop();
		}
	}

}
