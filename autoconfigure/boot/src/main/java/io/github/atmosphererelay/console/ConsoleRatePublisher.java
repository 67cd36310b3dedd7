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

package io.github.atmosphererelay.console;

import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;

import io.github.atmosphererelay.broadcast.PublishOptions;
import io.github.atmosphererelay.delivery.MessagingStatistics;
import io.github.atmosphererelay.delivery.PublishResult;
import io.github.atmosphererelay.guard.Failures;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.node.MessagingNode;
import io.github.atmosphererelay.session.OutboundMessage;
import io.github.atmosphererelay.session.SessionStatistics;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Publishes in a channel, at a fixed interval, what this node has done since the last
 * time. Every node does so whether somebody watches or not: a node does not know who
 * watches on another one, and one small message in a second costs less than to find out.
 * <p>
 * Threads: {@link #start()} and {@link #stop()} may be called by any thread, and nothing
 * blocks. A message that cannot be sent is left out; the next one tells of a longer time.
 */
public final class ConsoleRatePublisher {

	private static final Log logger = LogFactory.getLog(ConsoleRatePublisher.class);

	/** Who watches does not change what is watched. */
	private static final PublishOptions INTERNAL = PublishOptions.DEFAULTS.header(OutboundMessage.INTERNAL, "true");

	private final MessagingNode node;

	private final String channel;

	private final Duration interval;

	private final ScheduledExecutorService scheduler;

	private @Nullable ScheduledFuture<?> task;

	private Counts last;

	/** How many of the node's messages were for the console, which does not show them. */
	private long own;

	/**
	 * Create a publisher; {@link #start()} starts it.
	 * @param node the node's messaging
	 * @param channel the channel to publish in; a pattern covers it
	 * @param interval how often to publish
	 * @param scheduler runs short tasks that do not block it
	 */
	public ConsoleRatePublisher(MessagingNode node, String channel, Duration interval,
			ScheduledExecutorService scheduler) {
		this.node = node;
		this.channel = channel;
		this.interval = interval;
		this.scheduler = scheduler;
		this.last = count();
	}

	/**
	 * Begin to publish. It can be stopped and started again.
	 */
	public synchronized void start() {
		this.last = count();
		this.task = this.node.guards()
			.of(Part.CONSOLE)
			.repeat(this.scheduler, this::publish, this.interval, this.interval);
	}

	/**
	 * Cease to publish.
	 */
	public synchronized void stop() {
		if (this.task != null) {
			this.task.cancel(false);
			this.task = null;
		}
	}

	private synchronized void publish() {
		Counts now = count();
		NodeRates rates = rates(this.last, now);
		this.last = now;
		this.own++;
		this.node.broadcaster().broadcast(this.channel, rates, INTERNAL).exceptionally((ex) -> {
			// Told by the relay's own state and counted: the next one is a second away
			logger.trace("Rates were not sent", Failures.unwrap(ex));
			return null;
		});
	}

	private NodeRates rates(Counts before, Counts now) {
		double seconds = Math.max(1, now.nanos - before.nanos) / 1e9;
		return new NodeRates("rates", this.node.identity().id().toString(), this.node.identity().name(),
				System.currentTimeMillis(), this.node.monitor().state().name(), this.node.registry().sessionCount(),
				this.node.registry().channelCount(), rate(now.received - before.received, seconds),
				rate(now.published - before.published, seconds), rate(now.delivered - before.delivered, seconds),
				rate(now.deliveredBytes - before.deliveredBytes, seconds), rate(now.refused - before.refused, seconds));
	}

	/** One decimal is what a chart can show. */
	private static double rate(long count, double seconds) {
		return Math.round(Math.max(0, count) / seconds * 10) / 10.0;
	}

	private Counts count() {
		MessagingStatistics broadcasts = this.node.statistics();
		SessionStatistics sessions = this.node.writers().statistics();
		long published = Arrays.stream(PublishResult.values()).mapToLong(broadcasts.publishing()::published).sum();
		return new Counts(System.nanoTime(), broadcasts.inbound().clientMessages(), published - this.own,
				sessions.deliveries() - sessions.internalDeliveries(),
				sessions.deliveredBytes() - sessions.internalBytes(), broadcasts.inbound().refused());
	}

	/**
	 * What the counters said at a moment.
	 */
	private record Counts(long nanos, long received, long published, long delivered, long deliveredBytes,
			long refused) {
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
