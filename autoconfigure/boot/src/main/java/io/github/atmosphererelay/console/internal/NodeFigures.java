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

package io.github.atmosphererelay.console.internal;

import java.util.Arrays;

import io.github.atmosphererelay.delivery.internal.MessagingStatistics;
import io.github.atmosphererelay.delivery.internal.PublishResult;
import io.github.atmosphererelay.relay.internal.RelayMonitor;
import io.github.atmosphererelay.session.internal.NodeIdentity;
import io.github.atmosphererelay.session.internal.SessionRegistry;
import io.github.atmosphererelay.session.internal.SessionStatistics;
import org.jspecify.annotations.Nullable;

/**
 * Measures what the console shows of this node: its state, and its rates since the
 * previous measurement. For any thread; does not block.
 */
public final class NodeFigures {

	private final NodeIdentity identity;

	private final RelayMonitor monitor;

	private final SessionRegistry registry;

	private final MessagingStatistics messages;

	private final SessionStatistics sessions;

	private final @Nullable StompFigures stomp;

	/**
	 * Create figures.
	 * @param identity the node's id and name
	 * @param monitor measures its relay
	 * @param registry knows the open sessions
	 * @param messages counts messages
	 * @param sessions counts what is written to sessions
	 * @param stomp tells of STOMP on the node, or {@code null} if it is off
	 */
	public NodeFigures(NodeIdentity identity, RelayMonitor monitor, SessionRegistry registry,
			MessagingStatistics messages, SessionStatistics sessions, @Nullable StompFigures stomp) {
		this.identity = identity;
		this.monitor = monitor;
		this.registry = registry;
		this.messages = messages;
		this.sessions = sessions;
		this.stomp = stomp;
	}

	/**
	 * Return the current values of the counters.
	 * @param own the number of messages that were published for the console, which are
	 * not counted
	 */
	Counts count(long own) {
		long published = Arrays.stream(PublishResult.values()).mapToLong(this.messages.publishing()::published).sum();
		return new Counts(System.nanoTime(), this.messages.inbound().clientMessages(), published - own,
				this.sessions.deliveries() - this.sessions.internalDeliveries(),
				this.sessions.deliveredBytes() - this.sessions.internalBytes(), this.messages.inbound().refused());
	}

	/**
	 * Return the rates between two readings of the counters, per second.
	 */
	NodeRates rates(Counts before, Counts now) {
		double seconds = Math.max(1, now.nanos - before.nanos) / 1e9;
		return new NodeRates("rates", this.identity.id().toString(), this.identity.name(), System.currentTimeMillis(),
				this.monitor.state().name(), this.registry.sessionCount(), this.registry.channelCount(),
				rate(now.received - before.received, seconds), rate(now.published - before.published, seconds),
				rate(now.delivered - before.delivered, seconds),
				rate(now.deliveredBytes - before.deliveredBytes, seconds), rate(now.refused - before.refused, seconds),
				(this.stomp != null) ? this.stomp.sessions().getAsInt() : null,
				(this.stomp != null) ? this.stomp.destinations().getAsInt() : null);
	}

	/** Round to one decimal, which is what the chart shows. */
	private static double rate(long count, double seconds) {
		return Math.round(Math.max(0, count) / seconds * 10) / 10.0;
	}

	/**
	 * The values of the counters at one moment, which is in nanoseconds of {@code
	 * System.nanoTime()}.
	 */
	record Counts(long nanos, long received, long published, long delivered, long deliveredBytes, long refused) {
	}

	/**
	 * The message to the console, which is sent as JSON.
	 *
	 * @param type the type of message, always {@code rates}
	 * @param id the node's id
	 * @param name the node's name
	 * @param at the time of the measurement, in milliseconds since 1970 by the node's
	 * clock
	 * @param relay the state of the node's relay
	 * @param sessions the number of sessions
	 * @param channels the number of channels with a session
	 * @param received messages received from clients, per second
	 * @param published messages published on the node, including those of clients, per
	 * second
	 * @param delivered messages written to sockets, per second
	 * @param deliveredBytes payload bytes written to sockets, per second
	 * @param refused refused requests of clients, per second
	 * @param stompSessions the number of STOMP sessions, or {@code null} if STOMP is off
	 * @param stompDestinations the number of destinations to which they are subscribed,
	 * or {@code null}
	 */
	record NodeRates(String type, String id, String name, long at, String relay, int sessions, int channels,
			double received, double published, double delivered, double deliveredBytes, double refused,
			@Nullable Integer stompSessions, @Nullable Integer stompDestinations) {
	}

}
