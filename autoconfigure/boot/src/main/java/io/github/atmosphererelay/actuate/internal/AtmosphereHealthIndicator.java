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

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

import io.github.atmosphererelay.cluster.Cluster;
import io.github.atmosphererelay.delivery.internal.MessagingStatistics;
import io.github.atmosphererelay.delivery.internal.PublishResult;
import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.guard.Guards;
import io.github.atmosphererelay.listening.internal.BucketAgreement;
import io.github.atmosphererelay.relay.ClusterRelay;
import io.github.atmosphererelay.relay.internal.RelayMonitor;
import io.github.atmosphererelay.relay.internal.RelayState;
import io.github.atmosphererelay.session.internal.DropReason;
import io.github.atmosphererelay.session.internal.SessionStatistics;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.Status;

/**
 * Reports the health of the relay, as the last probe has measured it, and the parts of
 * the node that fail repeatedly. Does not block: it asks no broker. While the broker is
 * away the node is degraded and not down, because it still serves its own clients and a
 * restart would not help. The same holds while the broker answers probes but refuses to
 * record messages.
 */
public final class AtmosphereHealthIndicator extends AbstractHealthIndicator {

	/**
	 * The status while the broker is away, a part of the node fails repeatedly, or
	 * another node has other buckets of channels, or a feed or reducer does not work.
	 */
	public static final Status DEGRADED = new Status("DEGRADED", "The node serves its own clients alone, or in part");

	private final ClusterRelay relay;

	private final RelayMonitor monitor;

	private final Guards guards;

	private final MessagingStatistics messages;

	private final SessionStatistics sessions;

	private final Cluster cluster;

	private final BucketAgreement buckets;

	private final List<HealthProblems> parts;

	private final boolean degradedIsDown;

	private final @Nullable StompOperations stomp;

	/**
	 * Create an indicator.
	 * @param relay carries the node's messages to other nodes
	 * @param monitor measures the relay
	 * @param guards count the failures of the node's parts
	 * @param messages counts messages
	 * @param sessions counts dropped messages
	 * @param cluster knows the nodes
	 * @param buckets compares the buckets of channels
	 * @param parts tell what does not work in them
	 * @param degradedIsDown whether to report DOWN instead of DEGRADED
	 * @param stomp tells of STOMP on the node, or {@code null} if it is off
	 */
	public AtmosphereHealthIndicator(ClusterRelay relay, RelayMonitor monitor, Guards guards,
			MessagingStatistics messages, SessionStatistics sessions, Cluster cluster, BucketAgreement buckets,
			List<HealthProblems> parts, boolean degradedIsDown, @Nullable StompOperations stomp) {
		super("The health of the relay could not be determined");
		this.relay = relay;
		this.monitor = monitor;
		this.guards = guards;
		this.messages = messages;
		this.sessions = sessions;
		this.cluster = cluster;
		this.buckets = buckets;
		this.parts = List.copyOf(parts);
		this.degradedIsDown = degradedIsDown;
		this.stomp = stomp;
	}

	@Override
	protected void doHealthCheck(Health.Builder builder) {
		RelayMonitor monitor = this.monitor;
		RelayState state = monitor.state();
		List<Guard> failing = this.guards.failing();
		Map<UUID, String> differentBuckets = this.buckets.differences();
		Map<String, Map<String, String>> problems = new LinkedHashMap<>();
		for (HealthProblems part : this.parts) {
			Map<String, String> each = part.problems().get();
			if (!each.isEmpty()) {
				problems.put(part.part(), each);
			}
		}
		if (state == RelayState.UP && failing.isEmpty() && differentBuckets.isEmpty() && problems.isEmpty()) {
			builder.up();
		}
		else {
			builder.status(this.degradedIsDown ? Status.DOWN : DEGRADED);
		}
		builder.withDetail("relay", this.relay.name()).withDetail("state", state.name());
		if (!failing.isEmpty()) {
			Map<String, String> failures = new LinkedHashMap<>();
			failing.forEach((guard) -> failures.put(guard.part().tag(), String.valueOf(guard.lastFailure())));
			builder.withDetail("failing", failures);
		}
		if (!differentBuckets.isEmpty()) {
			builder.withDetail("differentBuckets", differentBuckets);
		}
		problems.forEach(builder::withDetail);
		if (monitor.roundTrip() != null) {
			builder.withDetail("roundTrip", monitor.roundTrip().toNanos() / 1000 + " us");
		}
		if (monitor.lastSeen() != null) {
			builder.withDetail("lastSeen", monitor.lastSeen().toString());
		}
		MessagingStatistics broadcast = this.messages;
		builder.withDetail("nodes", this.cluster.nodes().size())
			.withDetail("outages", monitor.statistics().outages())
			.withDetail("notRelayed", broadcast.publishing().published(PublishResult.LOCAL_ONLY))
			.withDetail("unconfirmed", broadcast.publishing().published(PublishResult.UNCONFIRMED))
			.withDetail("missed", broadcast.deliveries().missed())
			.withDetail("dropped", dropped(this.sessions));
		if (this.stomp != null) {
			builder.withDetail("stomp", this.stomp.describe());
		}
		this.relay.details().forEach(builder::withDetail);
	}

	private static long dropped(SessionStatistics statistics) {
		long sum = 0;
		for (DropReason reason : DropReason.values()) {
			sum += statistics.drops(reason);
		}
		return sum;
	}

}
