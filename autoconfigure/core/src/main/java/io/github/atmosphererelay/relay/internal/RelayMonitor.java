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

package io.github.atmosphererelay.relay.internal;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

import io.github.atmosphererelay.guard.Guards;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.guard.internal.Failures;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Audience;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.WireFormatException;
import io.github.atmosphererelay.relay.ClusterRelay;
import io.github.atmosphererelay.relay.RelayListener;
import io.github.atmosphererelay.relay.RelayOverloadedException;
import io.github.atmosphererelay.relay.RelayProbe;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Measures whether a relay works: sends {@linkplain ClusterRelay#probe probes} and waits
 * for the answers. By default a probe is an envelope through the broker back to this
 * node. That a client library reports a connection proves nothing, because even a frozen
 * broker keeps its connections.
 * <p>
 * While the relay is up, a probe is sent every {@code probeInterval}. If one is not
 * answered within {@code probeTimeout}, the relay is down and has to reconnect. While the
 * relay is not up, a probe is sent twice a second, so that the broker's return is noticed
 * at once.
 */
public final class RelayMonitor {

	private static final Log logger = LogFactory.getLog(RelayMonitor.class);

	private static final Duration TICK = Duration.ofMillis(100);

	private final ClusterRelay relay;

	private final UUID node;

	private final Duration probeTimeout;

	private final ScheduledExecutorService scheduler;

	private final RelayStateListener stateListener;

	private final Guards guards;

	private final RelayStatistics statistics = new RelayStatistics();

	private final ProbeSchedule probes;

	/** Guards changes of the state. */
	private final ReentrantLock lock = new ReentrantLock();

	private volatile RelayState state = RelayState.STOPPED;

	private volatile @Nullable Duration roundTrip;

	private volatile @Nullable Instant lastSeen;

	private long nextReconnectAt;

	private @Nullable ScheduledFuture<?> ticks;

	/**
	 * Create a monitor.
	 * @param relay the relay to watch
	 * @param node the id of this node
	 * @param probeInterval the time between two probes while the relay is up
	 * @param probeTimeout the time within which a probe has to be answered
	 * @param scheduler runs the probes; they do not block it
	 * @param stateListener is notified of changes of the state
	 */
	public RelayMonitor(ClusterRelay relay, UUID node, Duration probeInterval, Duration probeTimeout,
			ScheduledExecutorService scheduler, RelayStateListener stateListener) {
		this(relay, node, probeInterval, probeTimeout, scheduler, stateListener, new Guards());
	}

	/**
	 * Create a monitor.
	 * @param relay the relay to watch
	 * @param node the id of this node
	 * @param probeInterval the time between two probes while the relay is up
	 * @param probeTimeout the time within which a probe has to be answered
	 * @param scheduler runs the probes; they do not block it
	 * @param stateListener is notified of changes of the state
	 * @param guards guard the node's background parts, including those of the relay
	 */
	public RelayMonitor(ClusterRelay relay, UUID node, Duration probeInterval, Duration probeTimeout,
			ScheduledExecutorService scheduler, RelayStateListener stateListener, Guards guards) {
		this.guards = guards;
		this.relay = relay;
		this.node = node;
		this.probeTimeout = probeTimeout;
		this.scheduler = scheduler;
		this.stateListener = stateListener;
		this.probes = new ProbeSchedule(probeInterval, probeTimeout);
	}

	/**
	 * Start the relay and start to probe it. Returns at once, whether the broker is
	 * reachable or not.
	 * @param listener receives the envelopes and events of the relay, except for probes
	 */
	public void start(RelayListener listener) {
		this.lock.lock();
		try {
			if (this.state != RelayState.STOPPED) {
				return;
			}
			this.probes.restart();
			this.nextReconnectAt = System.nanoTime() + this.probeTimeout.toNanos();
			changeState(RelayState.CONNECTING);
		}
		finally {
			this.lock.unlock();
		}
		this.relay.start(new Tap(listener));
		this.relay.subscribe(new Address.Node(this.node)).thenRun(this::look);
		this.ticks = this.guards.of(Part.RELAY_MONITOR).repeat(this.scheduler, this::tick, Duration.ZERO, TICK);
	}

	/**
	 * Stop probing, and stop the relay. May block as long as {@link ClusterRelay#stop()}
	 * does.
	 */
	public void stop() {
		ScheduledFuture<?> ticks = this.ticks;
		if (ticks != null) {
			ticks.cancel(false);
		}
		this.lock.lock();
		try {
			if (this.state == RelayState.STOPPED) {
				return;
			}
			changeState(RelayState.STOPPED);
		}
		finally {
			this.lock.unlock();
		}
		this.relay.stop();
	}

	/**
	 * Return the measured state.
	 * @return the state
	 */
	public RelayState state() {
		return this.state;
	}

	/**
	 * Return whether the last probe was answered in time.
	 * @return whether the relay is up
	 */
	public boolean isUp() {
		return this.state == RelayState.UP;
	}

	/**
	 * Return the round trip time of the latest probe.
	 * @return the time, or {@code null} if none was answered yet
	 */
	public @Nullable Duration roundTrip() {
		return this.roundTrip;
	}

	/**
	 * Return when the latest probe was answered.
	 * @return the time by this node's clock, or {@code null} if none was answered yet
	 */
	public @Nullable Instant lastSeen() {
		return this.lastSeen;
	}

	/**
	 * Return the counters.
	 * @return the counters
	 */
	public RelayStatistics statistics() {
		return this.statistics;
	}

	/**
	 * Return the guards of the node's background parts.
	 * @return the guards
	 */
	public Guards guards() {
		return this.guards;
	}

	/**
	 * Send a probe soon, because something suggests that the state may have changed.
	 * Cheap, so that it may be called often; never blocks.
	 */
	public void suspect() {
		if (isUp()) {
			this.probes.soon();
		}
	}

	private void look() {
		if (isUp()) {
			this.probes.soon();
		}
		else {
			// A probe that was sent before the connection was complete would only run
			// into its timeout
			this.probes.restart();
		}
	}

	private void connected() {
		// A probe on the former connection may be lost with it, which says nothing about
		// the new one
		this.probes.restart();
		postponeReconnect();
	}

	private void postponeReconnect() {
		this.lock.lock();
		try {
			this.nextReconnectAt = System.nanoTime() + this.probeTimeout.toNanos();
		}
		finally {
			this.lock.unlock();
		}
	}

	private void tick() {
		if (this.state == RelayState.STOPPED) {
			return;
		}
		if (this.probes.endOverdue(isUp())) {
			fail("A probe did not come back from the broker", true);
		}
		UUID id = this.probes.begin(isUp());
		if (id != null) {
			send(id);
		}
	}

	private void send(UUID id) {
		this.statistics.countProbeSent();
		Envelope envelope = new Envelope(id, this.node, Envelope.Kind.PROBE, System.currentTimeMillis(),
				new Audience.Node(this.node), Map.of(), Payload.binary(new byte[0]), null, null);
		try {
			this.relay.probe(new Probe(envelope));
		}
		catch (Throwable ex) {
			// This proves nothing about the broker, unless it lasts
			unsent(id, ex, true);
			throw ex;
		}
	}

	private void unsent(UUID id, Throwable failure, boolean here) {
		if (here && isUp() && this.probes.postpone(id)) {
			return;
		}
		if (this.probes.end(id) >= 0) {
			fail("A probe could not be sent to the broker: " + failure.getMessage(), false);
		}
	}

	private void returned(UUID id, @Nullable Duration measured) {
		long elapsed = this.probes.end(id);
		if (elapsed < 0) {
			return;
		}
		long nanos = (measured != null) ? measured.toNanos() : elapsed;
		this.statistics.countProbeReturned(nanos);
		this.roundTrip = Duration.ofNanos(nanos);
		this.lastSeen = Instant.now();
		this.lock.lock();
		try {
			this.nextReconnectAt = System.nanoTime() + this.probeTimeout.toNanos();
			if (this.state == RelayState.CONNECTING || this.state == RelayState.DOWN) {
				this.probes.settle();
				logger.info("The " + this.relay.name() + " relay is up; a round trip took "
						+ TimeUnit.NANOSECONDS.toMicros(nanos) + " us");
				changeState(RelayState.UP);
			}
		}
		finally {
			this.lock.unlock();
		}
	}

	private void fail(String reason, boolean silent) {
		boolean reconnect;
		this.lock.lock();
		try {
			if (this.state == RelayState.STOPPED) {
				return;
			}
			long now = System.nanoTime();
			boolean wasUp = (this.state == RelayState.UP);
			// A silent connection that looks alive is replaced at once. After that each
			// new attempt gets its time.
			reconnect = (wasUp && silent) || now - this.nextReconnectAt > 0;
			if (reconnect) {
				this.nextReconnectAt = now + this.probeTimeout.toNanos();
			}
			if (wasUp) {
				this.statistics.countOutage();
				logger.warn("The " + this.relay.name() + " relay is down: " + reason
						+ ". Messages stay on this node until it is back");
				changeState(RelayState.DOWN);
			}
			else if (this.state == RelayState.CONNECTING && reconnect) {
				logger.warn("The " + this.relay.name() + " relay has no connection yet: " + reason
						+ ". It goes on trying, and messages stay on this node");
				changeState(RelayState.DOWN);
			}
		}
		finally {
			this.lock.unlock();
		}
		if (reconnect) {
			this.relay.reconnect();
		}
	}

	private void changeState(RelayState state) {
		this.state = state;
		this.stateListener.stateChanged(state);
	}

	/**
	 * A probe, identified by the id of its envelope.
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
			returned(this.envelope.id(), null);
		}

		@Override
		public void answered(Duration roundTrip) {
			returned(this.envelope.id(), roundTrip);
		}

		@Override
		public void failed(Throwable failure) {
			Throwable cause = Failures.unwrap(failure);
			unsent(this.envelope.id(), cause, cause instanceof RelayOverloadedException);
		}

	}

	/**
	 * Handles the probes among the envelopes from the relay, and counts and passes on the
	 * rest.
	 */
	private final class Tap implements RelayListener {

		private final RelayListener listener;

		private Tap(RelayListener listener) {
			this.listener = listener;
		}

		@Override
		public void received(Envelope envelope, @Nullable Position position) {
			RelayMonitor.this.statistics.countReceived();
			if (envelope.kind() != Envelope.Kind.PROBE) {
				this.listener.received(envelope, position);
			}
			else if (envelope.origin().equals(RelayMonitor.this.node)) {
				returned(envelope.id(), null);
			}
		}

		@Override
		public void rejected(WireFormatException.Reason reason) {
			RelayMonitor.this.statistics.countRejected(reason);
			this.listener.rejected(reason);
		}

		@Override
		public void gap(Address address) {
			RelayMonitor.this.statistics.countGap();
			this.listener.gap(address);
		}

		@Override
		public void lost(Address address, Position position, boolean missed) {
			if (missed) {
				RelayMonitor.this.statistics.countGap();
			}
			this.listener.lost(address, position, missed);
		}

		@Override
		public void keyForgotten() {
			RelayMonitor.this.statistics.countForgottenKey();
			this.listener.keyForgotten();
		}

		@Override
		public Guards guards() {
			return RelayMonitor.this.guards;
		}

		@Override
		public void connectionChanged(boolean connected) {
			if (connected) {
				RelayMonitor.this.statistics.countReconnect();
				connected();
			}
			look();
			this.listener.connectionChanged(connected);
		}

	}

}
