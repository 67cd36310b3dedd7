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

/**
 * What the console shows of this node: how it is, and what it has done since the last
 * time. For any thread; does not block.
 */
public final class NodeFigures {

	private final NodeIdentity identity;

	private final RelayMonitor monitor;

	private final SessionRegistry registry;

	private final MessagingStatistics messages;

	private final SessionStatistics sessions;

	/**
	 * Create figures.
	 * @param identity which node it is
	 * @param monitor measures its relay
	 * @param registry its sessions
	 * @param messages counts messages
	 * @param sessions counts what is written to sessions
	 */
	public NodeFigures(NodeIdentity identity, RelayMonitor monitor, SessionRegistry registry,
			MessagingStatistics messages, SessionStatistics sessions) {
		this.identity = identity;
		this.monitor = monitor;
		this.registry = registry;
		this.messages = messages;
		this.sessions = sessions;
	}

	/**
	 * Return what the node has done up to now.
	 * @param own how many of its messages were for the console, which does not show them
	 */
	Counts count(long own) {
		long published = Arrays.stream(PublishResult.values()).mapToLong(this.messages.publishing()::published).sum();
		return new Counts(System.nanoTime(), this.messages.inbound().clientMessages(), published - own,
				this.sessions.deliveries() - this.sessions.internalDeliveries(),
				this.sessions.deliveredBytes() - this.sessions.internalBytes(), this.messages.inbound().refused());
	}

	/**
	 * Return how much that was in a second.
	 */
	NodeRates rates(Counts before, Counts now) {
		double seconds = Math.max(1, now.nanos - before.nanos) / 1e9;
		return new NodeRates("rates", this.identity.id().toString(), this.identity.name(), System.currentTimeMillis(),
				this.monitor.state().name(), this.registry.sessionCount(), this.registry.channelCount(),
				rate(now.received - before.received, seconds), rate(now.published - before.published, seconds),
				rate(now.delivered - before.delivered, seconds),
				rate(now.deliveredBytes - before.deliveredBytes, seconds), rate(now.refused - before.refused, seconds));
	}

	/** One decimal is what a chart can show. */
	private static double rate(long count, double seconds) {
		return Math.round(Math.max(0, count) / seconds * 10) / 10.0;
	}

	/**
	 * What the counters said at a moment.
	 */
	record Counts(long nanos, long received, long published, long delivered, long deliveredBytes, long refused) {
	}

	/**
	 * The message, as JSON.
	 *
	 * @param type what kind of message it is
	 * @param id the node's id
	 * @param name the node's name
	 * @param at when it was written, in milliseconds by the node's clock
	 * @param relay the measured state of the node's relay
	 * @param sessions how many sessions the node has
	 * @param channels how many channels have a session there
	 * @param received messages of clients, each second
	 * @param published messages published on the node, the clients' among them, each
	 * second
	 * @param delivered messages written to sockets, each second
	 * @param deliveredBytes payload bytes written to sockets, each second
	 * @param refused requests of clients that were refused, each second
	 */
	record NodeRates(String type, String id, String name, long at, String relay, int sessions, int channels,
			double received, double published, double delivered, double deliveredBytes, double refused) {
	}

}
