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

package io.github.atmosphererelay.contract;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.atmosphererelay.guard.Guards;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Audience;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.Envelope.Kind;
import io.github.atmosphererelay.message.LogOptions;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.WireFormatException.Reason;
import io.github.atmosphererelay.relay.ChannelLog;
import io.github.atmosphererelay.relay.ClusterRelay;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.relay.RelayCapability;
import io.github.atmosphererelay.relay.RelayListener;
import io.github.atmosphererelay.relay.RelayProbe;
import io.github.atmosphererelay.test.MachineTime;
import org.jspecify.annotations.Nullable;

/**
 * A node as a relay sees it: it publishes envelopes, and keeps those that it receives.
 */
public final class RelayNode implements RelayListener {

	private static final Duration PROBE_INTERVAL = Duration.ofMillis(100);

	private static final Duration PROBE_TIMEOUT = Duration.ofSeconds(1);

	/** For what a relay answers within its own time limits; checks no bound. */
	private static final long PATIENCE_SECONDS = 60;

	private final UUID id = UUID.randomUUID();

	private final ClusterRelay relay;

	private final List<Envelope> received = new ArrayList<>();

	private final Map<UUID, Position> positions = new ConcurrentHashMap<>();

	private final Map<UUID, Boolean> probes = new ConcurrentHashMap<>();

	private final Map<Reason, Integer> rejected = new ConcurrentHashMap<>();

	private final List<Address> gaps = new CopyOnWriteArrayList<>();

	private final List<Address> losses = new CopyOnWriteArrayList<>();

	private final List<Address> missed = new CopyOnWriteArrayList<>();

	private final AtomicInteger forgottenKeys = new AtomicInteger();

	private final AtomicInteger connects = new AtomicInteger();

	private final AtomicInteger disconnects = new AtomicInteger();

	private final AtomicInteger within = new AtomicInteger();

	private final Guards guards = new Guards();

	private final AtomicBoolean overlapped = new AtomicBoolean();

	public RelayNode(ClusterRelay relay) {
		this.relay = relay;
	}

	public UUID id() {
		return this.id;
	}

	/**
	 * Return the guards, which count what fails in the relay's loops and groups.
	 */
	@Override
	public Guards guards() {
		return this.guards;
	}

	public ClusterRelay relay() {
		return this.relay;
	}

	/**
	 * Return the relay's logs. Fails if the relay has none.
	 * @return the logs
	 */
	public ChannelLog log() {
		return Objects.requireNonNull(this.relay.log(), "The relay has no log");
	}

	public RelayNode start() {
		this.relay.start(this);
		return this;
	}

	/**
	 * Subscribe to the node's own address, and wait until a probe comes back through the
	 * broker. As the relay's monitor does, this makes the relay reconnect if no probe has
	 * come back for a second.
	 * @param timeout the maximum time
	 * @return this node
	 */
	public RelayNode awaitRoundTrip(Duration timeout) {
		this.relay.subscribe(new Address.Node(this.id));
		long[] reconnected = { System.nanoTime() };
		int[] connects = { this.connects.get() };
		// Only probes that are sent from now on count
		this.probes.clear();
		MachineTime.await(timeout)
			.alias("round trip of " + this.relay.name())
			.pollInterval(PROBE_INTERVAL)
			.until(() -> {
				Envelope probe = envelope(Kind.PROBE, new Audience.Node(this.id), Payload.text(""));
				this.probes.put(probe.id(), false);
				this.relay.probe(new Probe(probe));
				if (connects[0] != this.connects.get()) {
					connects[0] = this.connects.get();
					reconnected[0] = System.nanoTime();
				}
				if (System.nanoTime() - reconnected[0] > PROBE_TIMEOUT.toNanos()) {
					reconnected[0] = System.nanoTime();
					this.relay.reconnect();
				}
				return this.probes.containsValue(true);
			});
		return this;
	}

	public void subscribe(Address... addresses) {
		List<CompletableFuture<@Nullable Void>> futures = new ArrayList<>();
		for (Address address : addresses) {
			futures.add(this.relay.subscribe(address));
		}
		CompletableFuture.allOf(futures.toArray(new CompletableFuture<?>[0]))
			.orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS)
			.join();
	}

	public Envelope envelope(Audience audience, Payload payload) {
		return envelope(Kind.MESSAGE, audience, payload);
	}

	public Envelope envelope(String channel, String text) {
		return envelope(new Audience.Channel(channel, null), Payload.text(text));
	}

	public Envelope publish(String channel, String text) {
		Envelope envelope = envelope(channel, text);
		Receipt receipt = this.relay.publish(envelope).orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS).join();
		if (receipt.outcome() != sent() || !receipt.messageId().equals(envelope.id())) {
			throw new AssertionError("Expected to be relayed: " + receipt);
		}
		return envelope;
	}

	/**
	 * Return the outcome in the receipt of a message that was published successfully.
	 * @return {@code RELAYED} for a relay that reaches other nodes, otherwise
	 * {@code LOCAL_ONLY}
	 */
	public Outcome sent() {
		return this.relay.capabilities().contains(RelayCapability.CLUSTERED) ? Outcome.RELAYED : Outcome.LOCAL_ONLY;
	}

	public int forgottenKeys() {
		return this.forgottenKeys.get();
	}

	@Override
	public void keyForgotten() {
		this.forgottenKeys.incrementAndGet();
	}

	public List<Envelope> received() {
		synchronized (this.received) {
			return List.copyOf(this.received);
		}
	}

	public List<Envelope> received(UUID origin) {
		return received().stream().filter((envelope) -> envelope.origin().equals(origin)).toList();
	}

	public List<UUID> receivedIds() {
		return received().stream().map(Envelope::id).toList();
	}

	public @Nullable Position position(UUID id) {
		return this.positions.get(id);
	}

	public Envelope recorded(String channel, String text, LogOptions options) {
		return new Envelope(UUID.randomUUID(), this.id, Kind.MESSAGE, System.currentTimeMillis(),
				new Audience.Channel(channel, null), Map.of(), Payload.text(text), null, options);
	}

	public int rejections(Reason reason) {
		return this.rejected.getOrDefault(reason, 0);
	}

	public List<Address> gaps() {
		return this.gaps;
	}

	/**
	 * Return the addresses for which the relay has reported lost messages.
	 * @return the addresses, in the order of the reports
	 */
	public List<Address> losses() {
		return this.losses;
	}

	/**
	 * Return the addresses for which the relay has reported lost messages that this node
	 * has not received.
	 * @return the addresses, in the order of the reports
	 */
	public List<Address> missed() {
		return this.missed;
	}

	public int connects() {
		return this.connects.get();
	}

	public int disconnects() {
		return this.disconnects.get();
	}

	public boolean hasOverlapped() {
		return this.overlapped.get();
	}

	@Override
	public void received(Envelope envelope, @Nullable Position position) {
		if (this.within.getAndIncrement() != 0) {
			this.overlapped.set(true);
		}
		if (envelope.kind() == Kind.PROBE) {
			this.probes.computeIfPresent(envelope.id(), (id, returned) -> true);
		}
		else {
			if (position != null) {
				this.positions.put(envelope.id(), position);
			}
			synchronized (this.received) {
				this.received.add(envelope);
			}
		}
		this.within.decrementAndGet();
	}

	@Override
	public void rejected(Reason reason) {
		this.rejected.merge(reason, 1, Integer::sum);
	}

	@Override
	public void gap(Address address) {
		this.gaps.add(address);
	}

	@Override
	public void lost(Address address, Position position, boolean missed) {
		this.losses.add(address);
		if (missed) {
			this.missed.add(address);
		}
	}

	@Override
	public void connectionChanged(boolean connected) {
		(connected ? this.connects : this.disconnects).incrementAndGet();
	}

	@Override
	public String toString() {
		return this.relay.name() + " node " + this.id + ": " + this.connects + " connects, " + this.disconnects
				+ " disconnects, " + this.probes.values().stream().filter((returned) -> returned).count() + " of "
				+ this.probes.size() + " latest probes returned, gaps " + this.gaps + ", rejected " + this.rejected
				+ ", received " + received().size();
	}

	private Envelope envelope(Kind kind, Audience audience, Payload payload) {
		return new Envelope(UUID.randomUUID(), this.id, kind, System.currentTimeMillis(), audience, Map.of(), payload,
				null, null);
	}

	/**
	 * A probe of the relay.
	 */
	private final class Probe implements RelayProbe {

		private final Envelope envelope;

		private Probe(Envelope envelope) {
			this.envelope = envelope;
		}

		@Override
		public Envelope envelope() {
			return this.envelope;
		}

		@Override
		public void answered() {
			RelayNode.this.probes.put(this.envelope.id(), true);
		}

		@Override
		public void failed(Throwable failure) {
			// The next probe follows
		}

	}

}
