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

package io.github.atmosphererelay.relay;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Audience;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.EnvelopeFormatException;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.Position;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Measures whether a relay works: sends probes from this node through the broker back to
 * this node and watches for their return. A client library that calls itself connected
 * proves nothing; a frozen broker keeps its connections.
 * <p>
 * While the relay is up, a probe goes out every {@code probeInterval}; one that does not
 * return within {@code probeTimeout} makes it down and has it reconnect. While it is not
 * up, probes go out twice a second, so that the broker's return is noticed at once.
 */
public final class RelayMonitor {

	private static final Log logger = LogFactory.getLog(RelayMonitor.class);

	private static final Duration TICK = Duration.ofMillis(100);

	private static final Duration RETRY_INTERVAL = Duration.ofMillis(500);

	private static final Duration RETRY_TIMEOUT = Duration.ofSeconds(1);

	private final ClusterRelay relay;

	private final UUID node;

	private final Duration probeInterval;

	private final Duration probeTimeout;

	private final ScheduledExecutorService scheduler;

	private final RelayStateListener stateListener;

	private final RelayStatistics statistics = new RelayStatistics();

	/** Guards the fields of the probe and the changes of the state. */
	private final ReentrantLock lock = new ReentrantLock();

	private volatile RelayState state = RelayState.STOPPED;

	private volatile @Nullable Duration roundTrip;

	private volatile @Nullable Instant lastSeen;

	private @Nullable UUID outstanding;

	private long sentAt;

	private long nextProbeAt;

	private long nextReconnectAt;

	/** Since when there has been no room for probes; null if there is. */
	private @Nullable Long overloadedSince;

	private @Nullable ScheduledFuture<?> ticks;

	/**
	 * Create a monitor.
	 * @param relay the relay to watch
	 * @param node the id of this node
	 * @param probeInterval the time between two probes while the relay is up
	 * @param probeTimeout the time within which a probe has to come back
	 * @param scheduler runs the probes; they do not block it
	 * @param stateListener hears of changes of the state
	 */
	public RelayMonitor(ClusterRelay relay, UUID node, Duration probeInterval, Duration probeTimeout,
			ScheduledExecutorService scheduler, RelayStateListener stateListener) {
		this.relay = relay;
		this.node = node;
		this.probeInterval = probeInterval;
		this.probeTimeout = probeTimeout;
		this.scheduler = scheduler;
		this.stateListener = stateListener;
	}

	/**
	 * Start the relay and begin to measure. Returns at once, whether or not the broker is
	 * there.
	 * @param listener receives what the relay brings, except for probes
	 */
	public void start(RelayListener listener) {
		this.lock.lock();
		try {
			if (this.state != RelayState.STOPPED) {
				return;
			}
			this.outstanding = null;
			this.overloadedSince = null;
			this.nextProbeAt = System.nanoTime();
			this.nextReconnectAt = System.nanoTime() + this.probeTimeout.toNanos();
			changeState(RelayState.CONNECTING);
		}
		finally {
			this.lock.unlock();
		}
		this.relay.start(new Tap(listener));
		this.relay.subscribe(new Address.Node(this.node)).thenRun(this::probeSoon);
		this.ticks = this.scheduler.scheduleWithFixedDelay(this::tick, 0, TICK.toMillis(), TimeUnit.MILLISECONDS);
	}

	/**
	 * Stop measuring and stop the relay. May wait as long as {@link ClusterRelay#stop()}
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
			this.outstanding = null;
			changeState(RelayState.STOPPED);
		}
		finally {
			this.lock.unlock();
		}
		this.relay.stop();
	}

	/**
	 * Return the relay that is watched.
	 * @return the relay
	 */
	public ClusterRelay relay() {
		return this.relay;
	}

	/**
	 * Return the measured state.
	 * @return the state
	 */
	public RelayState state() {
		return this.state;
	}

	/**
	 * Return whether the last probe came back in time.
	 * @return whether the relay is up
	 */
	public boolean isUp() {
		return this.state == RelayState.UP;
	}

	/**
	 * Return how long the latest probe took through the broker and back.
	 * @return the time, or {@code null} if none has come back yet
	 */
	public @Nullable Duration roundTrip() {
		return this.roundTrip;
	}

	/**
	 * Return when the latest probe came back.
	 * @return the time by this node's clock, or {@code null} if none has come back yet
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
	 * Look soon, because something suggests that the state may have changed. Cheap, and
	 * may be called often; never blocks.
	 */
	public void suspect() {
		if (this.state == RelayState.UP) {
			probeSoon();
		}
	}

	private void probeSoon() {
		this.lock.lock();
		try {
			this.nextProbeAt = System.nanoTime();
			if (this.state != RelayState.UP) {
				// A probe sent before the connection was complete would only be
				// waited for.
				this.outstanding = null;
			}
		}
		finally {
			this.lock.unlock();
		}
	}

	private void connected() {
		this.lock.lock();
		try {
			// A probe that was on its way through the former connection may be lost with
			// it, which says nothing about the new one.
			this.outstanding = null;
			this.nextReconnectAt = System.nanoTime() + this.probeTimeout.toNanos();
		}
		finally {
			this.lock.unlock();
		}
	}

	private void tick() {
		try {
			long now = System.nanoTime();
			if (takeOverdue(now)) {
				fail("A probe did not come back from the broker", true);
			}
			Envelope probe = nextProbe(now);
			if (probe != null) {
				send(probe);
			}
		}
		catch (RuntimeException ex) {
			logger.error("The relay's monitor failed and goes on", ex);
		}
	}

	private boolean takeOverdue(long now) {
		this.lock.lock();
		try {
			Duration timeout = (this.state == RelayState.UP) ? this.probeTimeout : shorter(this.probeTimeout);
			if (this.outstanding == null || now - this.sentAt < timeout.toNanos()) {
				return false;
			}
			this.outstanding = null;
			return true;
		}
		finally {
			this.lock.unlock();
		}
	}

	private static Duration shorter(Duration timeout) {
		return (timeout.compareTo(RETRY_TIMEOUT) < 0) ? timeout : RETRY_TIMEOUT;
	}

	private @Nullable Envelope nextProbe(long now) {
		this.lock.lock();
		try {
			if (this.state == RelayState.STOPPED || this.outstanding != null || now - this.nextProbeAt < 0) {
				return null;
			}
			UUID id = UUID.randomUUID();
			this.outstanding = id;
			this.sentAt = now;
			this.nextProbeAt = now + jitter((this.state == RelayState.UP) ? this.probeInterval : RETRY_INTERVAL);
			return new Envelope(id, this.node, Envelope.Kind.PROBE, System.currentTimeMillis(),
					new Audience.Node(this.node), Map.of(), Payload.binary(new byte[0]), null, null);
		}
		finally {
			this.lock.unlock();
		}
	}

	private static long jitter(Duration interval) {
		return (long) (interval.toNanos() * ThreadLocalRandom.current().nextDouble(0.9, 1.1));
	}

	private void send(Envelope probe) {
		this.statistics.countProbeSent();
		this.relay.publish(probe).whenComplete((receipt, ex) -> {
			if (ex instanceof RelayOverloadedException && postpone(probe.id())) {
				return;
			}
			if (ex != null && take(probe.id()) >= 0) {
				fail("A probe could not be sent to the broker: " + ex.getMessage(), false);
			}
		});
	}

	/**
	 * Send a probe again for which there was no room: that proves a busy node, not a
	 * broker that is away, unless it goes on for as long as a probe may take.
	 * @return whether that can be waited for
	 */
	private boolean postpone(UUID id) {
		this.lock.lock();
		try {
			long now = System.nanoTime();
			if (!id.equals(this.outstanding) || this.state != RelayState.UP) {
				return false;
			}
			if (this.overloadedSince == null) {
				this.overloadedSince = now;
			}
			if (now - this.overloadedSince >= this.probeTimeout.toNanos()) {
				return false;
			}
			this.outstanding = null;
			this.nextProbeAt = now;
			return true;
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Take the outstanding probe if it is the given one.
	 * @return the time since it was sent, in nanoseconds, or -1 if it is another
	 */
	private long take(UUID id) {
		this.lock.lock();
		try {
			if (!id.equals(this.outstanding)) {
				return -1;
			}
			this.outstanding = null;
			return System.nanoTime() - this.sentAt;
		}
		finally {
			this.lock.unlock();
		}
	}

	private void returned(UUID id) {
		long nanos = take(id);
		if (nanos < 0) {
			return;
		}
		this.statistics.countProbeReturned(nanos);
		this.roundTrip = Duration.ofNanos(nanos);
		this.lastSeen = Instant.now();
		this.lock.lock();
		try {
			this.overloadedSince = null;
			this.nextReconnectAt = System.nanoTime() + this.probeTimeout.toNanos();
			if (this.state == RelayState.CONNECTING || this.state == RelayState.DOWN) {
				this.nextProbeAt = System.nanoTime() + jitter(this.probeInterval);
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
			// A connection that is silent although it looks alive is abandoned at once;
			// afterwards each new attempt gets its time.
			reconnect = (wasUp && silent) || now - this.nextReconnectAt > 0;
			if (reconnect) {
				this.nextReconnectAt = now + this.probeTimeout.toNanos();
			}
			this.overloadedSince = null;
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
	 * Takes probes out of what the relay brings and counts the rest.
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
				returned(envelope.id());
			}
		}

		@Override
		public void rejected(EnvelopeFormatException.Reason reason) {
			RelayMonitor.this.statistics.countRejected(reason);
			this.listener.rejected(reason);
		}

		@Override
		public void gap(Address address) {
			RelayMonitor.this.statistics.countGap();
			this.listener.gap(address);
		}

		@Override
		public void connectionChanged(boolean connected) {
			if (connected) {
				RelayMonitor.this.statistics.countReconnect();
				connected();
			}
			probeSoon();
			this.listener.connectionChanged(connected);
		}

	}

}
