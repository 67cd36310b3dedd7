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

package io.github.atmosphererelay.endpoint.internal;

import java.util.List;
import java.util.Map;

import io.github.atmosphererelay.application.internal.ApplicationThreads;
import io.github.atmosphererelay.channel.internal.ChannelAccess;
import io.github.atmosphererelay.channel.internal.ChannelCatalog;
import io.github.atmosphererelay.channel.internal.ChannelOptions;
import io.github.atmosphererelay.channel.internal.HistoryOptions;
import io.github.atmosphererelay.endpoint.Rpc;
import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.inbound.ClientCallHandler;
import io.github.atmosphererelay.inbound.ClientMessageHandler;
import io.github.atmosphererelay.security.internal.ClientContext;
import io.github.atmosphererelay.session.internal.QueueLimits;
import io.github.atmosphererelay.session.internal.SubscriptionListener;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.ListableBeanFactory;

/**
 * The annotated endpoints of an application: finds them, defines their channels, and
 * calls their methods. {@link #register} is called once, when all beans exist and before
 * the node starts. {@link #start} is called after the node's messaging has started and
 * before any client can connect; stopping is in reverse order.
 */
public final class ManagedServices {

	private static final Log logger = LogFactory.getLog(ManagedServices.class);

	private final EndpointSettings settings;

	private final ApplicationThreads threads;

	private final HandlerStatistics statistics = new HandlerStatistics();

	private final SessionLanes lanes;

	private volatile List<ChannelOptions> channels = List.of();

	private @Nullable SubscriptionListener subscriptionListener;

	private @Nullable ClientMessageHandler messageHandler;

	private @Nullable ClientCallHandler callHandler;

	/**
	 * Create the runtime of endpoints, without any endpoint.
	 * @param settings limits
	 * @param threads the threads on which methods run
	 * @param guard keeps the queues going when a task throws
	 */
	public ManagedServices(EndpointSettings settings, ApplicationThreads threads, Guard guard) {
		this.settings = settings;
		this.threads = threads;
		this.lanes = new SessionLanes(new LaneLimits(settings.maxQueuedPerSession(),
				settings.maxQueuedBytesPerSession(), settings.maxQueued(), settings.maxQueuedBytes()), this.statistics,
				guard);
	}

	/**
	 * Find the annotated beans and create their endpoints.
	 * @param beans the application's beans
	 * @param support the parts of the application that endpoints need
	 * @param catalog the configured channels, which take precedence over those of
	 * endpoints
	 * @param context the security context in which methods are called for a client
	 * @throws InvalidEndpointException if an endpoint cannot work
	 */
	public void register(ListableBeanFactory beans, EndpointSupport support, ChannelCatalog catalog,
			ClientContext context) {
		List<Endpoint> created = new EndpointFactory(beans, support).create();
		if (created.isEmpty()) {
			return;
		}
		EndpointCatalog endpoints = new EndpointCatalog(created);
		List<ChannelOptions> configured = catalog.all();
		this.channels = endpoints.all()
			.stream()
			.filter((endpoint) -> configured.stream().noneMatch((options) -> endpoint.covers(options.pattern())))
			.map(this::channel)
			.toList();
		EndpointCaller calls = new EndpointCaller(catalog, support, this.statistics, this.lanes, context);
		EndpointQueue queue = new EndpointQueue(this.lanes, this.statistics);
		this.messageHandler = new EndpointMessageHandler(endpoints, calls, queue);
		Map<String, EndpointCallHandler.Target> targets = EndpointFactory.targets(created);
		this.callHandler = targets.isEmpty() ? null : new EndpointCallHandler(targets, calls, queue);
		if (created.stream().anyMatch(Endpoint::followsSessions)) {
			this.subscriptionListener = new SessionFollower(endpoints, calls, support, this.lanes, this.statistics);
		}
	}

	private ChannelOptions channel(Endpoint endpoint) {
		HistoryOptions history = (endpoint.history() > 0) ? HistoryOptions.of(endpoint.history()) : null;
		QueueLimits queue = this.settings.channelQueue();
		return ChannelOptions.builder(endpoint.pattern().toString(), (history != null) ? queue.disconnecting() : queue)
			.clientPublish(ChannelAccess.of(endpoint.takesMessages()))
			.presence(endpoint.room())
			.history(history)
			.build();
	}

	/**
	 * Return the channels of endpoints that are not configured, in the order in which the
	 * endpoints are matched.
	 * @return the options; an empty list before {@link #register}, and the same list from
	 * then on
	 */
	public List<ChannelOptions> channels() {
		return this.channels;
	}

	/**
	 * Return the listener that calls {@code @Ready} and {@code @Disconnect} methods.
	 * @return the listener, or {@code null} if no endpoint has such a method
	 */
	public @Nullable SubscriptionListener subscriptionListener() {
		return this.subscriptionListener;
	}

	/**
	 * Return the handler of messages in the channels of endpoints.
	 * @return the handler, or {@code null} if there are no endpoints
	 */
	public @Nullable ClientMessageHandler messageHandler() {
		return this.messageHandler;
	}

	/**
	 * Return the handler of calls to {@link Rpc} methods.
	 * @return the handler, or {@code null} if there are no such methods
	 */
	public @Nullable ClientCallHandler callHandler() {
		return this.callHandler;
	}

	/**
	 * Begin to call methods.
	 */
	public void start() {
		this.lanes.start(this.threads.start());
	}

	/**
	 * Wait for queued and running calls, for at most the drain timeout, and stop.
	 * Discards calls that are still queued, and interrupts those that still run.
	 */
	public void stop() {
		int left = this.lanes.stop(this.settings.drainTimeout());
		if (left > 0) {
			logger.warn("The node stopped while " + left + " calls of endpoint methods were queued or running. Queued"
					+ " calls were discarded, running ones interrupted. Raise 'atmosphere.endpoint.drain-timeout' to"
					+ " wait longer");
		}
		this.threads.stop();
	}

	/**
	 * Return the counters of calls.
	 * @return the counters
	 */
	public HandlerStatistics statistics() {
		return this.statistics;
	}

}
