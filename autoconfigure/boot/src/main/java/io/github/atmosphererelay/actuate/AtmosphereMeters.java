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

package io.github.atmosphererelay.actuate;

import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;

import io.github.atmosphererelay.application.ApplicationFutures;
import io.github.atmosphererelay.cluster.ClusterStatistics;
import io.github.atmosphererelay.cluster.DefaultCluster;
import io.github.atmosphererelay.cluster.NodeLeft;
import io.github.atmosphererelay.delivery.DeliveryStatistics;
import io.github.atmosphererelay.delivery.EventStatistics;
import io.github.atmosphererelay.delivery.InboundStatistics;
import io.github.atmosphererelay.delivery.LogStatistics;
import io.github.atmosphererelay.delivery.PublishResult;
import io.github.atmosphererelay.delivery.PublishStatistics;
import io.github.atmosphererelay.delivery.RecoveryOutcome;
import io.github.atmosphererelay.durable.DurableStatistics;
import io.github.atmosphererelay.endpoint.HandlerStatistics;
import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.message.WireFormatException;
import io.github.atmosphererelay.node.MessagingNode;
import io.github.atmosphererelay.presence.PresenceService;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.relay.RelayStatistics;
import io.github.atmosphererelay.session.DropReason;
import io.github.atmosphererelay.session.EndReason;
import io.github.atmosphererelay.session.LocalSession;
import io.github.atmosphererelay.session.ReplayBudget;
import io.github.atmosphererelay.session.SessionStatistics;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.BaseUnits;
import io.micrometer.core.instrument.binder.MeterBinder;
import org.jspecify.annotations.Nullable;

/**
 * The node's counters as meters. They are read when a registry asks, so that counting
 * costs the same with and without one. No tag comes from clients: all have a fixed set of
 * values.
 */
public final class AtmosphereMeters implements MeterBinder {

	private final MessagingNode node;

	private final DefaultCluster cluster;

	private final PresenceService presence;

	private final HandlerStatistics handlers;

	private final DurableStatistics durable;

	/**
	 * Create the meters of a node.
	 * @param node the node's messaging
	 * @param cluster its part in the cluster
	 * @param presence who is in which channel, over all nodes
	 * @param handlers what its endpoints do
	 * @param durable what becomes of its durable sessions
	 */
	public AtmosphereMeters(MessagingNode node, DefaultCluster cluster, PresenceService presence,
			HandlerStatistics handlers, DurableStatistics durable) {
		this.node = node;
		this.cluster = cluster;
		this.presence = presence;
		this.handlers = handlers;
		this.durable = durable;
	}

	@Override
	public void bindTo(MeterRegistry registry) {
		bindParts(registry);
		bindSessions(registry);
		bindMessages(registry);
		bindLog(registry);
		bindEvents(registry);
		bindContinuations(registry);
		bindRelay(registry);
		bindCluster(registry);
		PresenceMeters.bind(registry, this.presence);
		bindHandlers(registry);
		DurableMeters.bind(registry, this.durable);
	}

	private void bindParts(MeterRegistry registry) {
		for (Part part : Part.values()) {
			FunctionCounter.builder("atmosphere.failures", this.node.guards().of(part), Guard::failures)
				.description("Steps of the node's own loops, timers and callbacks that have failed")
				.tag("part", part.tag())
				.register(registry);
		}
	}

	private void bindSessions(MeterRegistry registry) {
		gauge(registry, "atmosphere.sessions", "Open sessions of this node", "sessions",
				(node) -> node.registry().sessionCount());
		gauge(registry, "atmosphere.users", "Users with a session on this node", "users",
				(node) -> node.registry().userCount());
		gauge(registry, "atmosphere.channels", "Channels with a session on this node", "channels",
				(node) -> node.registry().channelCount());
		gauge(registry, "atmosphere.subscriptions", "Subscriptions of this node's sessions", "subscriptions",
				(node) -> node.registry().subscriptionCount());
		gauge(registry, "atmosphere.queue.messages", "Messages waiting for clients", BaseUnits.MESSAGES,
				(node) -> node.registry().sessions().stream().mapToLong(LocalSession::queuedMessages).sum());
		gauge(registry, "atmosphere.queue.bytes", "Payload bytes waiting for clients", BaseUnits.BYTES,
				(node) -> node.registry().sessions().stream().mapToLong(LocalSession::queuedBytes).sum());
		gauge(registry, "atmosphere.writers.stuck", "Writers waiting for a client that does not read", null,
				(node) -> node.writers().stuckWriters());
		gauge(registry, "atmosphere.sessions.blocked", "Sessions whose sockets take no more for the moment", null,
				(node) -> node.writers().blockedSessions());
		gauge(registry, "atmosphere.replays.bytes",
				"Bytes of history, missed messages and lists that were read for clients and are not yet written",
				BaseUnits.BYTES, (node) -> node.writers().replays().bytes());
		counter(registry, "atmosphere.replays.refused",
				"Requests for history, missed messages and lists that were refused because too much was unwritten",
				this.node.writers().replays(), ReplayBudget::refused);
		SessionStatistics statistics = this.node.writers().statistics();
		counter(registry, "atmosphere.sessions.opened", "Sessions opened", statistics, SessionStatistics::opened);
		for (EndReason reason : EndReason.values()) {
			FunctionCounter.builder("atmosphere.sessions.ended", statistics, (source) -> source.ended(reason))
				.description("Sessions ended")
				.tag("reason", reason.tag())
				.register(registry);
		}
		counter(registry, "atmosphere.sessions.slow", "Sessions closed because they read too slowly", statistics,
				SessionStatistics::slowConsumers);
		counter(registry, "atmosphere.sessions.missing.pong", "Sessions closed because a pong did not come", statistics,
				SessionStatistics::missingPongs);
		counter(registry, "atmosphere.sessions.expired", "Sessions closed because their clients' tokens had expired",
				statistics, SessionStatistics::expired);
		counter(registry, "atmosphere.deliveries", "Messages written to sockets, each receiver counted", statistics,
				SessionStatistics::deliveries);
		FunctionCounter.builder("atmosphere.deliveries.bytes", statistics, SessionStatistics::deliveredBytes)
			.description("Payload bytes written to sockets")
			.baseUnit(BaseUnits.BYTES)
			.register(registry);
		counter(registry, "atmosphere.flushes", "Batches flushed to sockets", statistics, SessionStatistics::flushes);
		for (DropReason reason : DropReason.values()) {
			FunctionCounter.builder("atmosphere.drops", statistics, (source) -> source.drops(reason))
				.description("Messages that did not reach a session that they were meant for")
				.tag("reason", reason.tag())
				.register(registry);
		}
	}

	private void bindMessages(MeterRegistry registry) {
		InboundStatistics inbound = this.node.statistics().inbound();
		counter(registry, "atmosphere.messages.in", "Messages sent by clients of this node", inbound,
				InboundStatistics::clientMessages);
		FunctionCounter.builder("atmosphere.messages.in.bytes", inbound, InboundStatistics::clientBytes)
			.description("Payload bytes sent by clients of this node")
			.baseUnit(BaseUnits.BYTES)
			.register(registry);
		for (ErrorCode code : ErrorCode.values()) {
			FunctionCounter.builder("atmosphere.refused", inbound, (source) -> source.refused(code))
				.description("Requests of clients that were refused")
				.tag("reason", code.tag())
				.register(registry);
		}
		PublishStatistics publishing = this.node.statistics().publishing();
		for (PublishResult result : PublishResult.values()) {
			FunctionCounter.builder("atmosphere.published", publishing, (source) -> source.published(result))
				.description("Messages published on this node")
				.tag("outcome", result.tag())
				.register(registry);
		}
	}

	private void bindLog(MeterRegistry registry) {
		LogStatistics log = this.node.statistics().log();
		for (RecoveryOutcome outcome : RecoveryOutcome.values()) {
			FunctionCounter.builder("atmosphere.recoveries", log, (source) -> source.recoveries(outcome))
				.description("Subscriptions to recorded channels by clients that know positions")
				.tag("outcome", outcome.tag())
				.register(registry);
		}
		counter(registry, "atmosphere.log.holes",
				"Times that messages of a recorded channel were missing and were read", log, LogStatistics::holes);
		counter(registry, "atmosphere.log.resets", "Logs found to be others, or to have lost messages", log,
				LogStatistics::resets);
		counter(registry, "atmosphere.log.missed",
				"Subscriptions to recorded channels that were ended because messages were missed", log,
				LogStatistics::missedSubscriptions);
		counter(registry, "atmosphere.log.mismatches", "Quiet channels found to be behind their logs", log,
				LogStatistics::mismatches);
	}

	private void bindEvents(MeterRegistry registry) {
		EventStatistics events = this.node.statistics().events();
		counter(registry, "atmosphere.events", "Application events handed out", events, EventStatistics::events);
		counter(registry, "atmosphere.events.dropped", "Application events dropped because a listener is too slow",
				events, EventStatistics::eventsDropped);
	}

	private void bindContinuations(MeterRegistry registry) {
		ApplicationFutures futures = this.node.futures();
		gauge(registry, "atmosphere.continuations.active",
				"Threads that run what follows futures of the application, blocked ones included", null,
				(node) -> node.futures().activeThreads());
		gauge(registry, "atmosphere.continuations.waiting",
				"Futures of the application that have their result and wait for a thread, or for the one before them",
				null, (node) -> node.futures().waiting());
		counter(registry, "atmosphere.continuations.overtaken",
				"Times a future of the application completed beside what follows an earlier one, because that took"
						+ " longer than 50 ms",
				futures, ApplicationFutures::overtaken);
	}

	private void bindRelay(MeterRegistry registry) {
		DeliveryStatistics messages = this.node.statistics().deliveries();
		counter(registry, "atmosphere.relay.received", "Messages of other nodes delivered on this one", messages,
				DeliveryStatistics::relayed);
		counter(registry, "atmosphere.relay.echoes", "Own messages that came back and were dropped", messages,
				DeliveryStatistics::echoes);
		counter(registry, "atmosphere.relay.duplicates", "Messages that came a second time and were dropped",
				this.node.statistics(), (all) -> all.deliveries().duplicates() + all.log().duplicates());
		counter(registry, "atmosphere.relay.missed", "Messages of other nodes that never came", messages,
				DeliveryStatistics::missed);
		FunctionTimer
			.builder("atmosphere.relay.lag", messages, DeliveryStatistics::lagCount, DeliveryStatistics::lagNanos,
					TimeUnit.NANOSECONDS)
			.description("Time from publishing on another node to receiving on this one, by both clocks")
			.register(registry);
		RelayStatistics statistics = this.node.monitor().statistics();
		gauge(registry, "atmosphere.relay.up", "Whether the relay's last probe came back", null,
				(node) -> node.monitor().isUp() ? 1 : 0);
		gauge(registry, "atmosphere.relay.addresses", "Addresses that this node follows on the relay", "addresses",
				MessagingNode::followedAddresses);
		FunctionTimer
			.builder("atmosphere.relay.round.trip", statistics, RelayStatistics::probesReturned,
					RelayStatistics::roundTripNanos, TimeUnit.NANOSECONDS)
			.description("Time of a probe through the broker and back")
			.register(registry);
		counter(registry, "atmosphere.relay.probes", "Probes sent", statistics, RelayStatistics::probesSent);
		counter(registry, "atmosphere.relay.outages", "Times the relay went from up to down", statistics,
				RelayStatistics::outages);
		counter(registry, "atmosphere.relay.connects", "Times the relay connected to its broker", statistics,
				RelayStatistics::reconnects);
		counter(registry, "atmosphere.relay.gaps", "Interruptions of followed addresses", statistics,
				RelayStatistics::gaps);
		counter(registry, "atmosphere.relay.keys.forgotten",
				"Idempotency keys that this node has forgotten within their windows, because too many were in use",
				statistics, RelayStatistics::forgottenKeys);
		for (WireFormatException.Reason reason : WireFormatException.Reason.values()) {
			FunctionCounter.builder("atmosphere.relay.decode.errors", statistics, (source) -> source.rejected(reason))
				.description("Messages on the broker that are no readable envelopes and were skipped")
				.tag("reason", reason.name().toLowerCase(Locale.ROOT))
				.register(registry);
		}
	}

	private void bindCluster(MeterRegistry registry) {
		Gauge.builder("atmosphere.cluster.nodes", this.cluster, (cluster) -> cluster.nodes().size())
			.description("Nodes that this node knows to be there, itself included")
			.baseUnit("nodes")
			.strongReference(true)
			.register(registry);
		ClusterStatistics statistics = this.cluster.statistics();
		counter(registry, "atmosphere.cluster.joins", "Times another node was there that had not been", statistics,
				ClusterStatistics::joins);
		for (NodeLeft.Reason reason : NodeLeft.Reason.values()) {
			FunctionCounter.builder("atmosphere.cluster.leaves", statistics, (source) -> source.leaves(reason))
				.description("Times another node went")
				.tag("reason", reason.name().toLowerCase(Locale.ROOT))
				.register(registry);
		}
		counter(registry, "atmosphere.cluster.unanswered", "Times another node did not answer a request", statistics,
				ClusterStatistics::unanswered);
		counter(registry, "atmosphere.cluster.rejected",
				"Messages of other nodes about the cluster that could not be read", this.cluster,
				DefaultCluster::rejectedMessages);
	}

	private void bindHandlers(MeterRegistry registry) {
		HandlerStatistics statistics = this.handlers;
		Gauge.builder("atmosphere.handlers.active", statistics, HandlerStatistics::active)
			.description("Methods of endpoints that are running")
			.strongReference(true)
			.register(registry);
		Gauge.builder("atmosphere.handlers.queued", statistics, HandlerStatistics::queued)
			.description("Calls of endpoints that are waiting")
			.strongReference(true)
			.register(registry);
		Gauge.builder("atmosphere.handlers.queued.bytes", statistics, HandlerStatistics::queuedBytes)
			.description("Size of the messages whose endpoints are waiting or running")
			.baseUnit(BaseUnits.BYTES)
			.strongReference(true)
			.register(registry);
		FunctionTimer
			.builder("atmosphere.handlers.time", statistics, HandlerStatistics::calls, HandlerStatistics::nanos,
					TimeUnit.NANOSECONDS)
			.description("Time that methods of endpoints took")
			.register(registry);
		counter(registry, "atmosphere.handlers.rejected",
				"Messages and sessions refused because too many calls of endpoints are waiting", statistics,
				HandlerStatistics::rejected);
		counter(registry, "atmosphere.handlers.failures", "Methods of endpoints that failed unexpectedly", statistics,
				HandlerStatistics::failures);
	}

	/**
	 * A unit that the name does not end with would come behind it in Prometheus.
	 */
	private void gauge(MeterRegistry registry, String name, String description, @Nullable String unit,
			ToDoubleFunction<MessagingNode> value) {
		Gauge.builder(name, this.node, value)
			.description(description)
			.baseUnit(unit)
			.strongReference(true)
			.register(registry);
	}

	private static <T> void counter(MeterRegistry registry, String name, String description, T source,
			ToDoubleFunction<T> value) {
		FunctionCounter.builder(name, source, value).description(description).register(registry);
	}

}
