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

package io.github.atmosphererelay.actuate.internal;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;

import io.github.atmosphererelay.broadcast.PublishOptions;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Audience;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.Sequence;
import io.github.atmosphererelay.message.WireFormatException;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.RelayListener;
import io.github.atmosphererelay.relay.RelayOverloadedException;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.test.FakeRelay;
import io.github.atmosphererelay.test.TestClient;
import io.github.atmosphererelay.test.TestNode;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link AtmosphereMeters}: what they say is what has happened.
 */
class AtmosphereMetersTests {

	private static final String[] ARGS = { "atmosphere.channels[0].pattern=chat/**",
			"atmosphere.channels[0].client-publish=true", "atmosphere.channels[1].pattern=local/**",
			"atmosphere.channels[1].scope=node", "atmosphere.channels[1].slow-consumer=latest",
			"atmosphere.relay.probe-interval=100ms" };

	@Test
	void everyMeterIsRegisteredWithADescriptionAndAClosedSetOfTags() {
		try (TestNode node = TestNode.start(ARGS)) {
			Set<String> names = new TreeSet<>();
			for (Meter meter : node.bean(MeterRegistry.class).getMeters()) {
				Meter.Id id = meter.getId();
				if (id.getName().startsWith("atmosphere.")) {
					names.add(id.getName());
					assertThat(id.getDescription()).as(id.getName()).isNotBlank();
					assertThat(id.getTags()).extracting(Tag::getKey).isSubsetOf("reason", "outcome", "part");
				}
			}
			assertThat(names).containsExactlyInAnyOrder("atmosphere.failures", "atmosphere.sessions",
					"atmosphere.users", "atmosphere.channels", "atmosphere.subscriptions", "atmosphere.queue.messages",
					"atmosphere.queue.bytes", "atmosphere.replays.bytes", "atmosphere.replays.refused",
					"atmosphere.writers.stuck", "atmosphere.sessions.blocked", "atmosphere.sessions.opened",
					"atmosphere.sessions.ended", "atmosphere.sessions.slow", "atmosphere.sessions.missing.pong",
					"atmosphere.recoveries", "atmosphere.log.holes", "atmosphere.log.resets", "atmosphere.log.missed",
					"atmosphere.log.mismatches", "atmosphere.listening.subscribers", "atmosphere.listening.received",
					"atmosphere.listening.dropped", "atmosphere.listening.failures",
					"atmosphere.listening.behind.subscribers", "atmosphere.listening.buffered.messages",
					"atmosphere.listening.buffered.bytes", "atmosphere.listening.handlers.exceptions.failures",
					"atmosphere.listening.handlers.restarts", "atmosphere.listening.reads.failures",
					"atmosphere.listening.discarded", "atmosphere.listening.handlers.failures",
					"atmosphere.listening.fallbacks", "atmosphere.listening.discontinuities",
					"atmosphere.listening.buckets.sent", "atmosphere.listening.buckets.failures",
					"atmosphere.listening.buckets.forgotten", "atmosphere.listening.buckets.waiting.channels",
					"atmosphere.listening.buckets.different.nodes", "atmosphere.sessions.expired",
					"atmosphere.deliveries", "atmosphere.deliveries.bytes", "atmosphere.flushes", "atmosphere.drops",
					"atmosphere.messages.in", "atmosphere.messages.in.bytes", "atmosphere.refused",
					"atmosphere.published", "atmosphere.continuations.active", "atmosphere.continuations.waiting",
					"atmosphere.continuations.overtaken", "atmosphere.events", "atmosphere.events.dropped",
					"atmosphere.relay.received", "atmosphere.relay.echoes", "atmosphere.relay.duplicates",
					"atmosphere.relay.missed", "atmosphere.relay.lag", "atmosphere.relay.up",
					"atmosphere.relay.addresses", "atmosphere.relay.round.trip", "atmosphere.relay.probes",
					"atmosphere.relay.outages", "atmosphere.relay.connects", "atmosphere.relay.gaps",
					"atmosphere.relay.keys.forgotten", "atmosphere.relay.decode.errors", "atmosphere.cluster.nodes",
					"atmosphere.cluster.joins", "atmosphere.cluster.leaves", "atmosphere.cluster.unanswered",
					"atmosphere.cluster.rejected", "atmosphere.presence.own", "atmosphere.presence.known",
					"atmosphere.presence.sent", "atmosphere.presence.received", "atmosphere.presence.resyncs",
					"atmosphere.presence.divergences", "atmosphere.presence.states", "atmosphere.presence.dropped",
					"atmosphere.presence.refused", "atmosphere.presence.untold", "atmosphere.handlers.active",
					"atmosphere.handlers.queued", "atmosphere.handlers.queued.bytes", "atmosphere.handlers.time",
					"atmosphere.handlers.rejected", "atmosphere.handlers.failures", "atmosphere.durable.sessions",
					"atmosphere.durable.stored", "atmosphere.durable.starts", "atmosphere.durable.takeovers",
					"atmosphere.durable.saves", "atmosphere.durable.failures", "atmosphere.durable.dropped",
					"atmosphere.durable.removed", "atmosphere.polling.sessions", "atmosphere.polling.queued",
					"atmosphere.polling.resent", "atmosphere.polling.carried", "atmosphere.polling.continued",
					"atmosphere.polling.repeated", "atmosphere.polling.superseded", "atmosphere.polling.postponed");
		}
	}

	/**
	 * Prometheus gets a name with its unit at the end, where it does not stand there
	 * already.
	 */
	@Test
	void theNamesInPrometheusAreThoseOfTheMetersWithUnderscores() {
		try (TestNode node = TestNode.start(ARGS)) {
			for (Meter meter : node.bean(MeterRegistry.class).getMeters()) {
				Meter.Id id = meter.getId();
				if (id.getName().startsWith("atmosphere.") && !(meter instanceof FunctionTimer)
						&& id.getBaseUnit() != null) {
					assertThat(id.getName()).endsWith("." + id.getBaseUnit());
				}
			}
		}
	}

	@Test
	void whatClientsSendAndGetIsCounted() {
		try (TestNode node = TestNode.start(ARGS)) {
			TestClient first = node.connect("chat/a?ack=true").awaitCount(1);
			TestClient second = node.connect("chat/a?ack=true").awaitCount(1);
			TestClient third = node.connect("local/b?ack=true").awaitCount(1);
			int readyBytes = first.texts().get(0).length() + second.texts().get(0).length()
					+ third.texts().get(0).length();
			for (int i = 0; i < 5; i++) {
				first.send("12345");
			}
			first.awaitCount(6);
			second.awaitCount(6);
			int errorBytes = third.send("refused").awaitCount(2).texts().get(1).length();
			third.close();
			assertThat(TestClient.refusedStatus(node.uri("unknown"))).isEqualTo(404);
			await().until(() -> value(node, "atmosphere.sessions") == 2);
			node.broadcaster().broadcast("chat/a", "123").join();
			node.broadcaster().broadcast("local/b", "nobody").join();
			first.awaitCount(7);
			second.awaitCount(7);
			await().until(() -> value(node, "atmosphere.deliveries") == 3 + 1 + 10 + 2);
			assertThat(value(node, "atmosphere.deliveries.bytes")).isEqualTo(readyBytes + errorBytes + 10 * 5 + 2 * 3);
			assertThat(value(node, "atmosphere.flushes")).isBetween(5d, 16d);
			assertThat(value(node, "atmosphere.sessions.opened")).isEqualTo(3);
			assertThat(value(node, "atmosphere.sessions.ended")).isOne();
			assertThat(value(node, "atmosphere.sessions.ended", "reason", "client")).isOne();
			assertThat(value(node, "atmosphere.users")).isZero();
			assertThat(value(node, "atmosphere.channels")).isOne();
			assertThat(value(node, "atmosphere.subscriptions")).isEqualTo(2);
			assertThat(value(node, "atmosphere.queue.messages")).isZero();
			assertThat(value(node, "atmosphere.queue.bytes")).isZero();
			assertThat(value(node, "atmosphere.writers.stuck")).isZero();
			assertThat(value(node, "atmosphere.sessions.slow")).isZero();
			assertThat(value(node, "atmosphere.sessions.missing.pong")).isZero();
			assertThat(value(node, "atmosphere.drops")).isZero();
			assertThat(value(node, "atmosphere.messages.in")).isEqualTo(5);
			assertThat(value(node, "atmosphere.messages.in.bytes")).isEqualTo(25);
			assertThat(value(node, "atmosphere.refused")).isEqualTo(2);
			assertThat(value(node, "atmosphere.refused", "reason", "permission-denied")).isOne();
			assertThat(value(node, "atmosphere.refused", "reason", "unknown-channel")).isOne();
			assertThat(value(node, "atmosphere.published", "outcome", "node")).isEqualTo(7);
			assertThat(value(node, "atmosphere.published")).isEqualTo(7);
			assertThat(value(node, "atmosphere.relay.echoes")).isEqualTo(6);
			assertThat(value(node, "atmosphere.relay.up")).isOne();
			assertThat(value(node, "atmosphere.relay.connects")).isOne();
			// Of the relay, of connecting and subscribing thrice, of leaving once.
			await().until(() -> value(node, "atmosphere.events") == 1 + 6 + 2);
			assertThat(value(node, "atmosphere.events.dropped")).isZero();
			first.close();
			second.close();
			await().until(() -> value(node, "atmosphere.sessions.ended") == 3);
			node.connect("chat/slow?ack=true").awaitCount(1);
			node.messaging().registry().sessions().forEach((session) -> session.terminate(CloseReason.SLOW_CONSUMER));
			await().until(() -> value(node, "atmosphere.sessions.ended", "reason", "slow_consumer") == 1);
		}
	}

	@Test
	void whatTheRelayDoesIsCounted() {
		try (TestNode node = TestNode.start(List.of(FakeRelayConfiguration.class), ARGS)) {
			FakeRelay relay = node.bean(FakeRelay.class);
			TestClient client = node.connect("chat/a?ack=true").awaitCount(1);
			UUID other = UUID.randomUUID();
			RelayListener listener = relay.listener();
			for (int number : new int[] { 1, 2, 2, 5 }) {
				listener.received(envelope(other, number), null);
			}
			listener.received(envelope(node.messaging().identity().id(), 1), null);
			listener.rejected(WireFormatException.Reason.UNKNOWN_VERSION);
			listener.gap(new Address.Channel("chat/a"));
			listener.connectionChanged(true);
			client.awaitCount(4);
			assertThat(value(node, "atmosphere.relay.received")).isEqualTo(3);
			assertThat(timer(node, "atmosphere.relay.lag").count()).isEqualTo(3);
			assertThat(value(node, "atmosphere.relay.duplicates")).isOne();
			assertThat(value(node, "atmosphere.relay.missed")).isEqualTo(2);
			assertThat(value(node, "atmosphere.relay.echoes")).isOne();
			assertThat(value(node, "atmosphere.relay.gaps")).isOne();
			assertThat(value(node, "atmosphere.relay.connects")).isOne();
			assertThat(value(node, "atmosphere.relay.decode.errors", "reason", "unknown_version")).isOne();
			assertThat(value(node, "atmosphere.relay.decode.errors")).isOne();
			assertThat(value(node, "atmosphere.relay.addresses")).isEqualTo(3);
			relay.answer(Outcome.UNCONFIRMED);
			publish(node, 1);
			relay.fail(new RelayUnavailableException("fake", null));
			publish(node, 2);
			relay.fail(new RelayOverloadedException("fake", 1));
			publish(node, 3);
			relay.fail(new IllegalStateException("broken"));
			publish(node, 4);
			relay.answer(Outcome.RELAYED);
			publish(node, 5);
			assertThat(value(node, "atmosphere.published", "outcome", "unconfirmed")).isEqualTo(1);
			assertThat(value(node, "atmosphere.published", "outcome", "local_only")).isEqualTo(2);
			assertThat(value(node, "atmosphere.published", "outcome", "overloaded")).isEqualTo(3);
			assertThat(value(node, "atmosphere.published", "outcome", "failed")).isEqualTo(4);
			assertThat(value(node, "atmosphere.published", "outcome", "relayed")).isEqualTo(5);
			client.awaitCount(4 + 15);
			await().until(() -> timer(node, "atmosphere.relay.round.trip").count() >= 3);
			assertThat(value(node, "atmosphere.relay.probes")).isGreaterThanOrEqualTo(3);
			assertThat(value(node, "atmosphere.relay.outages")).isZero();
			relay.failProbes(new RelayUnavailableException("fake", null));
			await().until(() -> value(node, "atmosphere.relay.up") == 0);
			assertThat(value(node, "atmosphere.relay.outages")).isOne();
			client.close();
		}
	}

	private static void publish(TestNode node, int times) {
		for (int i = 0; i < times; i++) {
			node.broadcaster().broadcast("chat/a", "m", PublishOptions.DEFAULTS).exceptionally((ex) -> null).join();
		}
	}

	private static Envelope envelope(UUID origin, int number) {
		return new Envelope(UUID.randomUUID(), origin, Envelope.Kind.MESSAGE, System.currentTimeMillis(),
				new Audience.Channel("chat/a", null), Map.of(), Payload.text("m"), new Sequence(1, number), null);
	}

	/**
	 * Return the sum over all meters with that name and those tags.
	 */
	private static double value(TestNode node, String name, String... tags) {
		double sum = 0;
		for (Meter meter : node.bean(MeterRegistry.class).get(name).tags(tags).meters()) {
			sum += meter.measure().iterator().next().getValue();
		}
		return sum;
	}

	private static FunctionTimer timer(TestNode node, String name) {
		return node.bean(MeterRegistry.class).get(name).functionTimer();
	}

}
