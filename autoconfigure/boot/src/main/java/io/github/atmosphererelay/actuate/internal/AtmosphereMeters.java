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

import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;

import io.github.atmosphererelay.application.internal.ApplicationFutures;
import io.github.atmosphererelay.cluster.NodeLeft;
import io.github.atmosphererelay.cluster.internal.ClusterStatistics;
import io.github.atmosphererelay.cluster.internal.DefaultCluster;
import io.github.atmosphererelay.delivery.internal.DeliveryStatistics;
import io.github.atmosphererelay.delivery.internal.EventStatistics;
import io.github.atmosphererelay.delivery.internal.InboundStatistics;
import io.github.atmosphererelay.delivery.internal.LogStatistics;
import io.github.atmosphererelay.delivery.internal.MessagingStatistics;
import io.github.atmosphererelay.delivery.internal.PublishResult;
import io.github.atmosphererelay.delivery.internal.PublishStatistics;
import io.github.atmosphererelay.delivery.internal.RecoveryOutcome;
import io.github.atmosphererelay.durable.internal.DurableStatistics;
import io.github.atmosphererelay.endpoint.internal.HandlerStatistics;
import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.guard.Guards;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.guard.internal.Required;
import io.github.atmosphererelay.message.WireFormatException;
import io.github.atmosphererelay.presence.internal.PresenceService;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.relay.internal.RelayMonitor;
import io.github.atmosphererelay.relay.internal.RelayStatistics;
import io.github.atmosphererelay.session.internal.DropReason;
import io.github.atmosphererelay.session.internal.EndReason;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.session.internal.ReplayBudget;
import io.github.atmosphererelay.session.internal.SessionRegistry;
import io.github.atmosphererelay.session.internal.SessionStatistics;
import io.github.atmosphererelay.session.internal.WriterPool;
import io.github.atmosphererelay.subscription.internal.Interest;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.BaseUnits;
import io.micrometer.core.instrument.binder.MeterBinder;
import org.jspecify.annotations.Nullable;

/**
 * Binds the node's counters as meters. A registry reads the counters when it is scraped,
 * so counting costs the same with and without a registry. No tag's value comes from a
 * client: each tag has a fixed set of values.
 */
public final class AtmosphereMeters implements MeterBinder {

	private final Guards guards;

	private final SessionRegistry registry;

	private final WriterPool writers;

	private final MessagingStatistics statistics;

	private final ApplicationFutures futures;

	private final RelayMonitor monitor;

	private final Interest interest;

	private final DefaultCluster cluster;

	private final PresenceService presence;

	private final HandlerStatistics handlers;

	private final DurableStatistics durable;

	private AtmosphereMeters(Builder parts) {
		this.guards = Required.part(parts.guards, "guards");
		this.registry = Required.part(parts.registry, "registry");
		this.writers = Required.part(parts.writers, "writers");
		this.statistics = Required.part(parts.statistics, "statistics");
		this.futures = Required.part(parts.futures, "futures");
		this.monitor = Required.part(parts.monitor, "monitor");
		this.interest = Required.part(parts.interest, "interest");
		this.cluster = Required.part(parts.cluster, "cluster");
		this.presence = Required.part(parts.presence, "presence");
		this.handlers = parts.handlers;
		this.durable = parts.durable;
	}

	/**
	 * Begin to put the meters of a node together.
	 * @return a builder
	 */
	public static Builder builder() {
		return new Builder();
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
			FunctionCounter.builder("atmosphere.failures", this.guards.of(part), Guard::failures)
				.description("Failures of the node's own loops, timers and callbacks")
				.tag("part", part.tag())
				.register(registry);
		}
	}

	private void bindSessions(MeterRegistry registry) {
		gauge(registry, "atmosphere.sessions", "Open sessions of this node", "sessions", this.registry,
				SessionRegistry::sessionCount);
		gauge(registry, "atmosphere.users", "Users with a session on this node", "users", this.registry,
				SessionRegistry::userCount);
		gauge(registry, "atmosphere.channels", "Channels with a session on this node", "channels", this.registry,
				SessionRegistry::channelCount);
		gauge(registry, "atmosphere.subscriptions", "Subscriptions of this node's sessions", "subscriptions",
				this.registry, SessionRegistry::subscriptionCount);
		gauge(registry, "atmosphere.queue.messages", "Messages waiting for clients", BaseUnits.MESSAGES, this.registry,
				(sessions) -> sessions.sessions().stream().mapToLong(LocalSession::queuedMessages).sum());
		gauge(registry, "atmosphere.queue.bytes", "Payload bytes waiting for clients", BaseUnits.BYTES, this.registry,
				(sessions) -> sessions.sessions().stream().mapToLong(LocalSession::queuedBytes).sum());
		gauge(registry, "atmosphere.writers.stuck", "Writers that are blocked by a client that does not read", null,
				this.writers, WriterPool::stuckWriters);
		gauge(registry, "atmosphere.sessions.blocked", "Sessions whose clients do not read at the moment", null,
				this.writers, WriterPool::blockedSessions);
		gauge(registry, "atmosphere.replays.bytes",
				"Bytes of history, missed messages and lists that were read for clients and are not written yet",
				BaseUnits.BYTES, this.writers.replays(), ReplayBudget::bytes);
		counter(registry, "atmosphere.replays.refused",
				"Requests for history, missed messages and lists that were refused because too many bytes were not"
						+ " written yet",
				this.writers.replays(), ReplayBudget::refused);
		SessionStatistics statistics = this.writers.statistics();
		counter(registry, "atmosphere.sessions.opened", "Sessions opened", statistics, SessionStatistics::opened);
		for (EndReason reason : EndReason.values()) {
			FunctionCounter.builder("atmosphere.sessions.ended", statistics, (source) -> source.ended(reason))
				.description("Sessions ended")
				.tag("reason", reason.tag())
				.register(registry);
		}
		counter(registry, "atmosphere.sessions.slow", "Sessions closed because they read too slowly", statistics,
				SessionStatistics::slowConsumers);
		counter(registry, "atmosphere.sessions.missing.pong", "Sessions closed because a ping was not answered",
				statistics, SessionStatistics::missingPongs);
		counter(registry, "atmosphere.sessions.expired", "Sessions closed because their clients' tokens had expired",
				statistics, SessionStatistics::expired);
		counter(registry, "atmosphere.deliveries", "Messages written to sockets, counted once for each receiver",
				statistics, SessionStatistics::deliveries);
		FunctionCounter.builder("atmosphere.deliveries.bytes", statistics, SessionStatistics::deliveredBytes)
			.description("Payload bytes written to sockets")
			.baseUnit(BaseUnits.BYTES)
			.register(registry);
		counter(registry, "atmosphere.flushes", "Batches flushed to sockets", statistics, SessionStatistics::flushes);
		for (DropReason reason : DropReason.values()) {
			FunctionCounter.builder("atmosphere.drops", statistics, (source) -> source.drops(reason))
				.description("Messages that were not written to a session that should have received them")
				.tag("reason", reason.tag())
				.register(registry);
		}
	}

	private void bindMessages(MeterRegistry registry) {
		InboundStatistics inbound = this.statistics.inbound();
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
		PublishStatistics publishing = this.statistics.publishing();
		for (PublishResult result : PublishResult.values()) {
			FunctionCounter.builder("atmosphere.published", publishing, (source) -> source.published(result))
				.description("Messages published on this node")
				.tag("outcome", result.tag())
				.register(registry);
		}
	}

	private void bindLog(MeterRegistry registry) {
		LogStatistics log = this.statistics.log();
		for (RecoveryOutcome outcome : RecoveryOutcome.values()) {
			FunctionCounter.builder("atmosphere.recoveries", log, (source) -> source.recoveries(outcome))
				.description("Subscriptions to recorded channels by clients with positions")
				.tag("outcome", outcome.tag())
				.register(registry);
		}
		counter(registry, "atmosphere.log.holes",
				"Times messages of a recorded channel did not arrive and were read from its log", log,
				LogStatistics::holes);
		counter(registry, "atmosphere.log.resets",
				"Times a channel's log had a new epoch, or had lost messages that this node had not delivered", log,
				LogStatistics::resets);
		counter(registry, "atmosphere.log.missed",
				"Subscriptions to recorded channels that were ended because a message was missed or the epoch changed",
				log, LogStatistics::missedSubscriptions);
		counter(registry, "atmosphere.log.mismatches",
				"Times the end of a quiet channel's log was not at this node's position", log,
				LogStatistics::mismatches);
	}

	private void bindEvents(MeterRegistry registry) {
		EventStatistics events = this.statistics.events();
		counter(registry, "atmosphere.events", "Events published to the application's listeners", events,
				EventStatistics::events);
		counter(registry, "atmosphere.events.dropped", "Events that were dropped because a listener was too slow",
				events, EventStatistics::eventsDropped);
	}

	private void bindContinuations(MeterRegistry registry) {
		ApplicationFutures futures = this.futures;
		gauge(registry, "atmosphere.continuations.active", "Threads that run continuations, including blocked threads",
				null, futures, ApplicationFutures::activeThreads);
		gauge(registry, "atmosphere.continuations.waiting",
				"Completed futures whose continuations wait for a thread or for an earlier continuation", null, futures,
				ApplicationFutures::waiting);
		counter(registry, "atmosphere.continuations.overtaken",
				"Times a continuation ran longer than 50 ms and the next one was started beside it", futures,
				ApplicationFutures::overtaken);
	}

	private void bindRelay(MeterRegistry registry) {
		DeliveryStatistics messages = this.statistics.deliveries();
		counter(registry, "atmosphere.relay.received", "Messages received from other nodes", messages,
				DeliveryStatistics::relayed);
		counter(registry, "atmosphere.relay.echoes",
				"Messages of this node that came back from the broker and were dropped", messages,
				DeliveryStatistics::echoes);
		counter(registry, "atmosphere.relay.duplicates", "Messages that arrived a second time and were dropped",
				this.statistics, (all) -> all.deliveries().duplicates() + all.log().duplicates());
		counter(registry, "atmosphere.relay.missed", "Messages of other nodes that did not arrive", messages,
				DeliveryStatistics::missed);
		FunctionTimer
			.builder("atmosphere.relay.lag", messages, DeliveryStatistics::lagCount, DeliveryStatistics::lagNanos,
					TimeUnit.NANOSECONDS)
			.description("Time from publishing on another node to receiving on this one, by the clocks of both nodes")
			.register(registry);
		RelayStatistics statistics = this.monitor.statistics();
		gauge(registry, "atmosphere.relay.up", "1 if the last probe returned in time, otherwise 0", null, this.monitor,
				(monitor) -> monitor.isUp() ? 1 : 0);
		gauge(registry, "atmosphere.relay.addresses", "Addresses that this node is subscribed to at the relay",
				"addresses", this.interest, Interest::size);
		FunctionTimer
			.builder("atmosphere.relay.round.trip", statistics, RelayStatistics::probesReturned,
					RelayStatistics::roundTripNanos, TimeUnit.NANOSECONDS)
			.description("Time of a probe to the broker and back")
			.register(registry);
		counter(registry, "atmosphere.relay.probes", "Probes sent", statistics, RelayStatistics::probesSent);
		counter(registry, "atmosphere.relay.outages", "Times the relay changed from up to down", statistics,
				RelayStatistics::outages);
		counter(registry, "atmosphere.relay.connects", "Times the relay connected to its broker", statistics,
				RelayStatistics::reconnects);
		counter(registry, "atmosphere.relay.gaps",
				"Interruptions of subscriptions at the relay, counted once for each address", statistics,
				RelayStatistics::gaps);
		counter(registry, "atmosphere.relay.keys.forgotten",
				"Idempotency keys that were forgotten before their windows ended, because too many were in use",
				statistics, RelayStatistics::forgottenKeys);
		for (WireFormatException.Reason reason : WireFormatException.Reason.values()) {
			FunctionCounter.builder("atmosphere.relay.decode.errors", statistics, (source) -> source.rejected(reason))
				.description("Messages from the broker that were skipped because they are not readable envelopes")
				.tag("reason", reason.name().toLowerCase(Locale.ROOT))
				.register(registry);
		}
	}

	private void bindCluster(MeterRegistry registry) {
		Gauge.builder("atmosphere.cluster.nodes", this.cluster, (cluster) -> cluster.nodes().size())
			.description("Nodes in the cluster that this node knows, including itself")
			.baseUnit("nodes")
			.strongReference(true)
			.register(registry);
		ClusterStatistics statistics = this.cluster.statistics();
		counter(registry, "atmosphere.cluster.joins", "Other nodes that joined the cluster", statistics,
				ClusterStatistics::joins);
		for (NodeLeft.Reason reason : NodeLeft.Reason.values()) {
			FunctionCounter.builder("atmosphere.cluster.leaves", statistics, (source) -> source.leaves(reason))
				.description("Other nodes that left the cluster")
				.tag("reason", reason.name().toLowerCase(Locale.ROOT))
				.register(registry);
		}
		counter(registry, "atmosphere.cluster.unanswered", "Requests that another node did not answer in time",
				statistics, ClusterStatistics::unanswered);
		counter(registry, "atmosphere.cluster.rejected",
				"Messages about the cluster from other nodes that could not be read", this.cluster,
				DefaultCluster::rejectedMessages);
	}

	private void bindHandlers(MeterRegistry registry) {
		HandlerStatistics statistics = this.handlers;
		Gauge.builder("atmosphere.handlers.active", statistics, HandlerStatistics::active)
			.description("Endpoint methods that are running")
			.strongReference(true)
			.register(registry);
		Gauge.builder("atmosphere.handlers.queued", statistics, HandlerStatistics::queued)
			.description("Calls of endpoint methods that are waiting")
			.strongReference(true)
			.register(registry);
		Gauge.builder("atmosphere.handlers.queued.bytes", statistics, HandlerStatistics::queuedBytes)
			.description("Bytes of the messages whose endpoint methods are waiting or running")
			.baseUnit(BaseUnits.BYTES)
			.strongReference(true)
			.register(registry);
		FunctionTimer
			.builder("atmosphere.handlers.time", statistics, HandlerStatistics::calls, HandlerStatistics::nanos,
					TimeUnit.NANOSECONDS)
			.description("Time that endpoint methods took")
			.register(registry);
		counter(registry, "atmosphere.handlers.rejected",
				"Messages and sessions refused because too many calls of endpoint methods were waiting", statistics,
				HandlerStatistics::rejected);
		counter(registry, "atmosphere.handlers.failures", "Calls of endpoint methods that failed unexpectedly",
				statistics, HandlerStatistics::failures);
	}

	/**
	 * Register a gauge. The unit, if any, must be the end of the name: Prometheus appends
	 * a unit that the name does not end with.
	 */
	private static <T> void gauge(MeterRegistry registry, String name, String description, @Nullable String unit,
			T source, ToDoubleFunction<T> value) {
		Gauge.builder(name, source, value)
			.description(description)
			.baseUnit(unit)
			.strongReference(true)
			.register(registry);
	}

	private static <T> void counter(MeterRegistry registry, String name, String description, T source,
			ToDoubleFunction<T> value) {
		FunctionCounter.builder(name, source, value).description(description).register(registry);
	}

	/**
	 * Collects the parts of a node that the meters read. For one thread.
	 */
	public static final class Builder {

		private @Nullable Guards guards;

		private @Nullable SessionRegistry registry;

		private @Nullable WriterPool writers;

		private @Nullable MessagingStatistics statistics;

		private @Nullable ApplicationFutures futures;

		private @Nullable RelayMonitor monitor;

		private @Nullable Interest interest;

		private @Nullable DefaultCluster cluster;

		private @Nullable PresenceService presence;

		private HandlerStatistics handlers = new HandlerStatistics();

		private DurableStatistics durable = new DurableStatistics();

		private Builder() {
		}

		/**
		 * Set the guards, which count the failures of the node's parts. Required.
		 * @param guards the guards
		 * @return this builder
		 */
		public Builder guards(Guards guards) {
			this.guards = guards;
			return this;
		}

		/**
		 * Set the registry of the node's sessions. Required.
		 * @param registry the registry
		 * @return this builder
		 */
		public Builder registry(SessionRegistry registry) {
			this.registry = registry;
			return this;
		}

		/**
		 * Set the pool of writers, which write to the sessions. Required.
		 * @param writers the writers
		 * @return this builder
		 */
		public Builder writers(WriterPool writers) {
			this.writers = writers;
			return this;
		}

		/**
		 * Set the counters of messages. Required.
		 * @param statistics the counters
		 * @return this builder
		 */
		public Builder statistics(MessagingStatistics statistics) {
			this.statistics = statistics;
			return this;
		}

		/**
		 * Set the executor of the application's continuations. Required.
		 * @param futures runs the continuations
		 * @return this builder
		 */
		public Builder futures(ApplicationFutures futures) {
			this.futures = futures;
			return this;
		}

		/**
		 * Set the monitor of the relay. Required.
		 * @param monitor the monitor
		 * @return this builder
		 */
		public Builder monitor(RelayMonitor monitor) {
			this.monitor = monitor;
			return this;
		}

		/**
		 * Set the addresses that the node is subscribed to at the relay. Required.
		 * @param interest the addresses
		 * @return this builder
		 */
		public Builder interest(Interest interest) {
			this.interest = interest;
			return this;
		}

		/**
		 * Set the node's view of the cluster. Required.
		 * @param cluster the cluster
		 * @return this builder
		 */
		public Builder cluster(DefaultCluster cluster) {
			this.cluster = cluster;
			return this;
		}

		/**
		 * Set the presence of all nodes. Required.
		 * @param presence the presence
		 * @return this builder
		 */
		public Builder presence(PresenceService presence) {
			this.presence = presence;
			return this;
		}

		/**
		 * Set the counters of annotated endpoints. Optional: without this call, these
		 * meters stay at 0.
		 * @param handlers the counters
		 * @return this builder
		 */
		public Builder handlers(HandlerStatistics handlers) {
			this.handlers = handlers;
			return this;
		}

		/**
		 * Set the counters of durable sessions. Optional: without this call, these meters
		 * stay at 0.
		 * @param durable the counters
		 * @return this builder
		 */
		public Builder durable(DurableStatistics durable) {
			this.durable = durable;
			return this;
		}

		/**
		 * Create the meters.
		 * @return the meters
		 * @throws IllegalStateException if a required part is missing
		 */
		public AtmosphereMeters build() {
			return new AtmosphereMeters(this);
		}

	}

}
