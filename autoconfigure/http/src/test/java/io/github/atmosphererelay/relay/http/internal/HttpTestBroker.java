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
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.atmosphererelay.contract.RelayBroker;
import io.github.atmosphererelay.contract.RelayNode;
import io.github.atmosphererelay.contract.broker.TcpProxy;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.ClusterRelay;
import org.jspecify.annotations.Nullable;

import static org.awaitility.Awaitility.await;

/**
 * What stands for the broker where there is none: a web server for the endpoints of all
 * nodes, and in each cluster one more node, so that no node is alone. A node behind the
 * proxy reaches the others, and is reached, through the proxy only.
 */
final class HttpTestBroker implements RelayBroker, AutoCloseable {

	static final String SECRET = "0123456789abcdef0123456789abcdef";

	static final String PATH = "/atmosphere/connection/peers";

	private final PeerServer server = new PeerServer();

	private final TcpProxy proxy = TcpProxy.start("127.0.0.1", this.server.port());

	private final AtomicInteger numbers = new AtomicInteger();

	private final Map<String, List<Member>> clusters = new HashMap<>();

	private final List<HttpRelay> relays = new CopyOnWriteArrayList<>();

	/** Of all clusters. */
	private final List<Member> members = new CopyOnWriteArrayList<>();

	private @Nullable HttpRelay resident;

	@Override
	public ClusterRelay relay(String cluster, EnvelopeCodec codec) {
		return create(cluster, codec, false, Duration.ofSeconds(3));
	}

	@Override
	public ClusterRelay proxiedRelay(String cluster, EnvelopeCodec codec) {
		return create(cluster, codec, true, Duration.ofSeconds(1));
	}

	private HttpRelay create(String cluster, EnvelopeCodec codec, boolean proxied, Duration timeout) {
		List<Member> members = this.clusters.get(cluster);
		if (members == null) {
			members = new CopyOnWriteArrayList<>();
			this.clusters.put(cluster, members);
			stopResident();
			HttpRelay resident = create(members, cluster, new EnvelopeCodec(4 * codec.maxPayloadBytes()), false,
					timeout);
			resident.start(new RelayNode(resident));
			this.resident = resident;
		}
		return create(members, cluster, codec, proxied, timeout);
	}

	private HttpRelay create(List<Member> members, String cluster, EnvelopeCodec codec, boolean proxied,
			Duration timeout) {
		Member member = new Member("/node" + this.numbers.incrementAndGet(), proxied,
				TcpProxy.start("127.0.0.1", this.server.port()));
		HttpRelay relay = new HttpRelay(settings(cluster, codec, timeout), () -> peers(member, members));
		this.server.expose(member.prefix(), relay.endpoint());
		this.relays.add(relay);
		this.members.add(member);
		return relay;
	}

	static HttpRelaySettings settings(String cluster, EnvelopeCodec codec, Duration timeout) {
		return new HttpRelaySettings(cluster, codec, PATH, null, new SharedSecret(SECRET), null, null, 10_000, timeout,
				Duration.ofMillis(100), HttpRelaySettings.DEFAULT_MAX_CLOCK_SKEW,
				HttpRelaySettings.DEFAULT_FORGET_AFTER, HttpRelaySettings.DEFAULT_MAX_INTEREST);
	}

	private Collection<URI> peers(Member viewer, List<Member> members) {
		if (!members.contains(viewer)) {
			members.add(viewer);
		}
		// Not its own, which it would tell the others, who may have another way to it
		return members.stream().filter((member) -> member != viewer).map((member) -> {
			TcpProxy way = (member.proxied() || viewer.proxied()) ? this.proxy : member.direct();
			return URI.create("http://127.0.0.1:" + way.port() + member.prefix());
		}).toList();
	}

	@Override
	public TcpProxy proxy() {
		return this.proxy;
	}

	@Override
	public void publishRaw(String cluster, Address address, byte[] bytes) {
		HttpRelay resident = this.resident;
		if (resident == null) {
			throw new IllegalStateException("There is no cluster");
		}
		int others = this.clusters.get(cluster).size() - 1;
		await().until(() -> resident.livePeers() == others);
		resident.publishRaw(address, bytes).join();
	}

	/**
	 * Return the number of connections, when all nodes have those that they need.
	 */
	@Override
	public long connections() {
		List<HttpRelay> running = this.relays.stream().filter((relay) -> relay.details().containsKey("peers")).toList();
		await().until(() -> running.stream().allMatch((relay) -> relay.livePeers() == running.size() - 1));
		return this.members.stream().mapToLong((member) -> member.direct().connections()).sum()
				+ this.proxy.connections();
	}

	private void stopResident() {
		HttpRelay resident = this.resident;
		if (resident != null) {
			resident.stop();
		}
	}

	@Override
	public void close() {
		stopResident();
		this.members.forEach((member) -> member.direct().close());
		this.proxy.close();
		this.server.close();
	}

	/**
	 * A node.
	 *
	 * @param prefix the path before that of its endpoint
	 * @param proxied whether it is behind the proxy
	 * @param direct the port at which others reach it that are not behind the proxy
	 */
	private record Member(String prefix, boolean proxied, TcpProxy direct) {
	}

}
