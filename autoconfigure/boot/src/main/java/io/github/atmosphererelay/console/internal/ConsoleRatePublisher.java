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

	private final NodeFigures figures;

	private final Broadcaster broadcaster;

	private final Timers timers;

	private final String channel;

	private final Duration interval;

	private @Nullable ScheduledFuture<?> task;

	private Counts last;

	/** How many of the node's messages were for the console, which does not show them. */
	private long own;

	/**
	 * Create a publisher; {@link #start()} starts it.
	 * @param figures what to publish
	 * @param broadcaster sends the messages
	 * @param timers run the publishing
	 * @param channel the channel to publish in; a pattern covers it
	 * @param interval how often to publish
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
	 * Begin to publish. It can be stopped and started again.
	 */
	public synchronized void start() {
		this.last = this.figures.count(this.own);
		this.task = this.timers.repeat(Part.CONSOLE, this::publish, this.interval, this.interval);
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
		Counts now = this.figures.count(this.own);
		NodeRates rates = this.figures.rates(this.last, now);
		this.last = now;
		this.own++;
		this.broadcaster.broadcast(this.channel, rates, INTERNAL).exceptionally((ex) -> {
			// Told by the relay's own state and counted: the next one is a second away
			logger.trace("Rates were not sent", Failures.unwrap(ex));
			return null;
		});
	}

}
