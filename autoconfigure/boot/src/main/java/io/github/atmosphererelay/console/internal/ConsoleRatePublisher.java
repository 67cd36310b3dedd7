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

import java.time.Duration;
import java.util.concurrent.ScheduledFuture;

import io.github.atmosphererelay.broadcast.Broadcaster;
import io.github.atmosphererelay.broadcast.PublishOptions;
import io.github.atmosphererelay.console.internal.NodeFigures.Counts;
import io.github.atmosphererelay.console.internal.NodeFigures.NodeRates;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.guard.internal.Failures;
import io.github.atmosphererelay.guard.internal.Timers;
import io.github.atmosphererelay.session.internal.OutboundMessage;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Publishes this node's rates in the console's channel, at a fixed interval. Every node
 * does so, whether or not somebody has the page open: a node does not know the viewers on
 * other nodes, and one small message in a second costs less than finding out.
 * <p>
 * Threads: any thread may call {@link #start()} and {@link #stop()}, and neither blocks.
 * If a message cannot be sent it is left out, and the next message covers the longer
 * time.
 */
public final class ConsoleRatePublisher {

	private static final Log logger = LogFactory.getLog(ConsoleRatePublisher.class);

	/** The node's rates must not include the messages that carry them. */
	private static final PublishOptions INTERNAL = PublishOptions.DEFAULTS.header(OutboundMessage.INTERNAL, "true");

	private final NodeFigures figures;

	private final Broadcaster broadcaster;

	private final Timers timers;

	private final String channel;

	private final Duration interval;

	private @Nullable ScheduledFuture<?> task;

	private Counts last;

	/** The number of messages that this publisher has sent; the rates exclude them. */
	private long own;

	/**
	 * Create a publisher; {@link #start()} starts it.
	 * @param figures measures the rates
	 * @param broadcaster sends the messages
	 * @param timers run the publisher
	 * @param channel the channel to publish in, which a pattern has to cover
	 * @param interval the time between two messages
	 */
	public ConsoleRatePublisher(NodeFigures figures, Broadcaster broadcaster, Timers timers, String channel,
			Duration interval) {
		this.figures = figures;
		this.broadcaster = broadcaster;
		this.timers = timers;
		this.channel = channel;
		this.interval = interval;
		this.last = figures.count(0);
	}

	/**
	 * Start publishing. A stopped publisher can be started again.
	 */
	public synchronized void start() {
		this.last = this.figures.count(this.own);
		this.task = this.timers.repeat(Part.CONSOLE, this::publish, this.interval, this.interval);
	}

	/**
	 * Stop publishing.
	 */
	public synchronized void stop() {
		if (this.task != null) {
			this.task.cancel(false);
			this.task = null;
		}
	}

	private synchronized void publish() {
		Counts now = this.figures.count(this.own);
		NodeRates rates = this.figures.rates(this.last, now);
		this.last = now;
		this.own++;
		this.broadcaster.broadcast(this.channel, rates, INTERNAL).exceptionally((ex) -> {
			// The relay's state and the counters show it, and the next message follows
			// soon
			logger.trace("Rates were not sent", Failures.unwrap(ex));
			return null;
		});
	}

}
