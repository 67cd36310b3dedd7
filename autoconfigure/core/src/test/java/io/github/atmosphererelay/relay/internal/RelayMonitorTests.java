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
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ScheduledThreadPoolExecutor;

import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Audience;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.WireFormatException;
import io.github.atmosphererelay.relay.ClusterRelay;
import io.github.atmosphererelay.relay.RelayListener;
import io.github.atmosphererelay.relay.RelayOverloadedException;
import io.github.atmosphererelay.relay.RelayProbe;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import io.github.atmosphererelay.test.FakeRelay;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.BDDMockito.given;
import static org.mockito.BDDMockito.then;
import static org.mockito.BDDMockito.willAnswer;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;

/**
 * Tests for {@link RelayMonitor}.
 */
class RelayMonitorTests {

	private static final Duration SHORT = Duration.ofMillis(200);

	private static final Duration NEVER = Duration.ofHours(1);

	private final UUID node = UUID.randomUUID();

	private final FakeRelay relay = new FakeRelay();

	private final ScheduledThreadPoolExecutor scheduler = new ScheduledThreadPoolExecutor(1);

	private final List<RelayState> states = new CopyOnWriteArrayList<>();

	private final RelayListener listener = mock();

	private RelayMonitor monitor = monitor(SHORT, SHORT);

	RelayMonitorTests() {
		this.scheduler.setRemoveOnCancelPolicy(true);
	}

	@AfterEach
	void stop() {
		this.monitor.stop();
		this.scheduler.shutdownNow();
	}

	@Test
	void aRelayIsUpAfterTheFirstProbeHasComeBack() {
		assertThat(this.monitor.state()).isEqualTo(RelayState.STOPPED);
		this.monitor.start(this.listener);
		awaitState(RelayState.UP);
		assertThat(this.monitor.isUp()).isTrue();
		assertThat(this.states).containsExactly(RelayState.CONNECTING, RelayState.UP);
		assertThat(this.relay.follows(new Address.Node(this.node))).isTrue();
		assertThat(this.relay.probes().get(0).audience()).isEqualTo(new Audience.Node(this.node));
		assertThat(this.monitor.statistics().probesReturned()).isPositive();
		assertThat(this.monitor.statistics().outages()).isZero();
		then(this.listener).should(never()).received(any(), any());
	}

	@Test
	void itGoesOnMeasuringAfterAnErrorThatProvesNothingAboutTheBroker() {
		this.monitor.start(this.listener);
		awaitState(RelayState.UP);
		this.relay.throwOnce(new OutOfMemoryError("injected"));
		await().until(() -> !this.relay.isToThrow());
		long returned = this.monitor.statistics().probesReturned();
		await().until(() -> this.monitor.statistics().probesReturned() > returned + 2);
		assertThat(this.monitor.guards().of(Part.RELAY_MONITOR).failures()).isOne();
		assertThat(this.states).containsExactly(RelayState.CONNECTING, RelayState.UP);
		this.relay.silent();
		awaitState(RelayState.DOWN);
	}

	@Test
	void theRoundTripIsMeasured() {
		assertThat(this.monitor.roundTrip()).isNull();
		assertThat(this.monitor.lastSeen()).isNull();
		this.monitor.start(this.listener);
		awaitState(RelayState.UP);
		assertThat(this.monitor.roundTrip()).isPositive();
		assertThat(this.monitor.lastSeen()).isNotNull();
		assertThat(this.monitor.statistics().roundTripNanos()).isPositive();
	}

	@Test
	void aProbeThatDoesNotComeBackMakesTheRelayDownAndHasItReconnect() {
		this.monitor.start(this.listener);
		awaitState(RelayState.UP);
		this.relay.silent();
		awaitState(RelayState.DOWN);
		await().until(() -> this.relay.reconnects() > 0);
		assertThat(this.monitor.statistics().outages()).isOne();
		this.relay.answering();
		awaitState(RelayState.UP);
		assertThat(this.states).containsExactly(RelayState.CONNECTING, RelayState.UP, RelayState.DOWN, RelayState.UP);
		assertThat(this.monitor.statistics().outages()).isOne();
	}

	@Test
	void aProbeThatCannotBeSentMakesTheRelayDownAtOnce() {
		this.monitor = monitor(SHORT, NEVER);
		this.monitor.start(this.listener);
		awaitState(RelayState.UP);
		this.relay.failProbes(new RelayUnavailableException("fake", null));
		awaitState(RelayState.DOWN);
		// The relay knows by itself that it has no connection.
		assertThat(this.relay.reconnects()).isZero();
		this.relay.answering();
		awaitState(RelayState.UP);
	}

	@Test
	void aRelayThatNeverConnectsIsDownAfterTheTimeout() {
		this.relay.silent();
		this.monitor.start(this.listener);
		awaitState(RelayState.DOWN);
		assertThat(this.states).containsExactly(RelayState.CONNECTING, RelayState.DOWN);
		assertThat(this.monitor.statistics().outages()).isZero();
		this.relay.answering();
		awaitState(RelayState.UP);
	}

	@Test
	void eachAttemptToReconnectGetsItsTime() {
		this.relay.silent();
		long startedAt = System.nanoTime();
		this.monitor.start(this.listener);
		await().until(() -> this.relay.reconnects() >= 3);
		int reconnects = this.relay.reconnects();
		assertThat(reconnects).isLessThanOrEqualTo((int) ((System.nanoTime() - startedAt) / SHORT.toNanos()));
		this.monitor.stop();
		this.monitor = monitor(SHORT, NEVER);
		int before = this.relay.reconnects();
		int probes = this.relay.probes().size();
		this.monitor.start(this.listener);
		await().until(() -> this.relay.probes().size() >= probes + 3);
		assertThat(this.relay.reconnects()).isEqualTo(before);
	}

	@Test
	void aNewConnectionIsProbedAtOnceAndGetsItsTime() {
		this.monitor = monitor(NEVER, NEVER);
		this.monitor.start(this.listener);
		awaitState(RelayState.UP);
		int probes = this.relay.probes().size();
		this.relay.listener().connectionChanged(true);
		await().until(() -> this.relay.probes().size() > probes);
		then(this.listener).should().connectionChanged(true);
		assertThat(this.monitor.statistics().reconnects()).isOne();
	}

	@Test
	void aSuspicionIsLookedIntoAtOnce() {
		this.monitor = monitor(NEVER, NEVER);
		this.monitor.start(this.listener);
		awaitState(RelayState.UP);
		this.relay.failProbes(new RelayUnavailableException("fake", null));
		this.monitor.suspect();
		awaitState(RelayState.DOWN);
	}

	@Test
	void aBusyNodeIsNotTakenForABrokerThatIsAway() {
		this.monitor = monitor(SHORT, NEVER);
		this.monitor.start(this.listener);
		awaitState(RelayState.UP);
		this.relay.failProbes(new RelayOverloadedException("fake", 1));
		int probes = this.relay.probes().size();
		await().until(() -> this.relay.probes().size() >= probes + 3);
		this.relay.answering();
		long returned = this.monitor.statistics().probesReturned();
		await().until(() -> this.monitor.statistics().probesReturned() >= returned + 2);
		assertThat(this.states).containsExactly(RelayState.CONNECTING, RelayState.UP);
	}

	@Test
	void aRelayThatStaysOverloadedIsDownAfterTheTimeout() {
		this.monitor.start(this.listener);
		awaitState(RelayState.UP);
		this.relay.failProbes(new RelayOverloadedException("fake", 1));
		awaitState(RelayState.DOWN);
		this.relay.answering();
		awaitState(RelayState.UP);
	}

	@Test
	void aRelayCanAnswerProbesInItsOwnWay() {
		List<RelayProbe> probes = new CopyOnWriteArrayList<>();
		ClusterRelay peers = mock();
		given(peers.subscribe(any())).willReturn(CompletableFuture.completedFuture(null));
		willAnswer((call) -> probes.add(call.getArgument(0))).given(peers).probe(any());
		this.monitor = new RelayMonitor(peers, this.node, NEVER, NEVER, this.scheduler, this.states::add);
		this.monitor.start(this.listener);
		await().until(() -> !probes.isEmpty());
		assertThat(this.monitor.state()).isEqualTo(RelayState.CONNECTING);
		probes.get(0).answered();
		assertThat(this.monitor.state()).isEqualTo(RelayState.UP);
		assertThat(this.monitor.statistics().probesReturned()).isOne();
		probes.get(0).answered();
		assertThat(this.monitor.statistics().probesReturned()).isOne();
		this.monitor.suspect();
		await().until(() -> probes.size() > 1);
		probes.get(1).failed(new RelayUnavailableException("peers", null));
		assertThat(this.monitor.state()).isEqualTo(RelayState.DOWN);
		then(peers).should(never()).publish(any());
	}

	@Test
	void aRelayCanMeasureTheRoundTripItself() {
		List<RelayProbe> probes = new CopyOnWriteArrayList<>();
		ClusterRelay slow = mock();
		given(slow.subscribe(any())).willReturn(CompletableFuture.completedFuture(null));
		willAnswer((call) -> probes.add(call.getArgument(0))).given(slow).probe(any());
		this.monitor = new RelayMonitor(slow, this.node, NEVER, NEVER, this.scheduler, this.states::add);
		this.monitor.start(this.listener);
		await().until(() -> !probes.isEmpty());
		probes.get(0).answered(Duration.ofMillis(3));
		assertThat(this.monitor.state()).isEqualTo(RelayState.UP);
		assertThat(this.monitor.roundTrip()).hasMillis(3);
		probes.get(0).answered();
		assertThat(this.monitor.roundTrip()).hasMillis(3);
	}

	@Test
	void aProbeThatComesLateDoesNotCount() {
		this.relay.silent();
		this.monitor.start(this.listener);
		awaitState(RelayState.DOWN);
		this.relay.listener().received(this.relay.probes().get(0), null);
		assertThat(this.monitor.state()).isEqualTo(RelayState.DOWN);
		assertThat(this.monitor.statistics().probesReturned()).isZero();
	}

	@Test
	void whatTheRelayBringsIsCountedAndHandedOn() {
		this.monitor.start(this.listener);
		awaitState(RelayState.UP);
		RelayListener tap = this.relay.listener();
		Address address = new Address.Channel("chat");
		Envelope message = new Envelope(UUID.randomUUID(), UUID.randomUUID(), Envelope.Kind.MESSAGE, 0,
				new Audience.Channel("chat", null), Map.of(), Payload.text("m"), null, null);
		Envelope foreignProbe = new Envelope(UUID.randomUUID(), UUID.randomUUID(), Envelope.Kind.PROBE, 0,
				new Audience.Node(this.node), Map.of(), Payload.text(""), null, null);
		tap.received(message, null);
		tap.received(foreignProbe, null);
		tap.rejected(WireFormatException.Reason.TRUNCATED);
		tap.gap(address);
		tap.keyForgotten();
		then(this.listener).should().received(message, null);
		then(this.listener).should(never()).received(foreignProbe, null);
		then(this.listener).should().rejected(WireFormatException.Reason.TRUNCATED);
		then(this.listener).should().gap(address);
		then(this.listener).should().keyForgotten();
		RelayStatistics statistics = this.monitor.statistics();
		assertThat(statistics.received()).isGreaterThanOrEqualTo(3);
		assertThat(statistics.rejected(WireFormatException.Reason.TRUNCATED)).isOne();
		assertThat(statistics.rejected(WireFormatException.Reason.FOREIGN)).isZero();
		assertThat(statistics.gaps()).isOne();
		assertThat(statistics.forgottenKeys()).isOne();
	}

	@Test
	void aMonitorCanBeStoppedAndStartedAgain() {
		for (int i = 1; i <= 3; i++) {
			this.monitor.start(this.listener);
			this.monitor.start(this.listener);
			awaitState(RelayState.UP);
			assertThat(this.relay.starts()).isEqualTo(i);
			this.monitor.stop();
			this.monitor.stop();
			assertThat(this.monitor.state()).isEqualTo(RelayState.STOPPED);
			assertThat(this.relay.stops()).isEqualTo(i);
			await().until(() -> this.scheduler.getQueue().isEmpty() && this.scheduler.getActiveCount() == 0);
		}
		assertThat(this.monitor.statistics().outages()).isZero();
	}

	private RelayMonitor monitor(Duration probeInterval, Duration probeTimeout) {
		return new RelayMonitor(this.relay, this.node, probeInterval, probeTimeout, this.scheduler, this.states::add);
	}

	private void awaitState(RelayState state) {
		await().pollInterval(Duration.ofMillis(5)).until(() -> this.monitor.state() == state);
	}

}
