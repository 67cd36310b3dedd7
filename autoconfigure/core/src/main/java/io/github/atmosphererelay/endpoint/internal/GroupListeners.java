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
import java.util.function.Supplier;
import java.util.stream.Collectors;

import io.github.atmosphererelay.application.internal.ApplicationThreads;
import io.github.atmosphererelay.channel.internal.ChannelCatalog;
import io.github.atmosphererelay.channel.internal.ChannelOptions;
import io.github.atmosphererelay.channel.internal.ChannelPattern;
import io.github.atmosphererelay.channel.internal.HistoryOptions;
import io.github.atmosphererelay.group.internal.GroupRunner;
import io.github.atmosphererelay.group.internal.GroupRunners;
import io.github.atmosphererelay.group.internal.GroupSettings;
import io.github.atmosphererelay.listening.ChannelListener;
import io.github.atmosphererelay.relay.ClusterRelay;
import io.github.atmosphererelay.relay.ConsumerGroups;
import io.github.atmosphererelay.relay.GroupOptions;
import io.github.atmosphererelay.relay.GroupTransactions;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * The {@link ChannelListener} methods of an application that are in a group.
 */
public final class GroupListeners {

	private static final Log logger = LogFactory.getLog(GroupListeners.class);

	private final ClusterRelay relay;

	private final ChannelCatalog catalog;

	private final GroupSettings settings;

	private final ListenerSupport support;

	private final Supplier<ApplicationThreads> threads;

	private final Supplier<@Nullable GroupTransactions> transactions;

	private final GroupRunners runners = new GroupRunners();

	/**
	 * Create the groups, without any listener.
	 * @param relay the node's relay
	 * @param catalog the channels that exist
	 * @param settings how messages are handled
	 * @param support what listeners need of their node
	 * @param threads makes the threads of one group
	 * @param transactions finds the transactions of the database in which the relay
	 * stores the progress, or returns {@code null} if it stores it elsewhere
	 */
	public GroupListeners(ClusterRelay relay, ChannelCatalog catalog, GroupSettings settings, ListenerSupport support,
			Supplier<ApplicationThreads> threads, Supplier<@Nullable GroupTransactions> transactions) {
		this.relay = relay;
		this.catalog = catalog;
		this.settings = settings;
		this.support = support;
		this.threads = threads;
		this.transactions = transactions;
	}

	/**
	 * Return the groups.
	 * @return the groups
	 */
	public GroupRunners runners() {
		return this.runners;
	}

	void add(@Nullable String group, ChannelPattern pattern, ChannelListener annotation, EndpointMethod method,
			boolean async, ExceptionMethods exceptions) {
		ConsumerGroups groups = this.relay.groups();
		if (groups == null) {
			throw new InvalidEndpointException(
					"The listener " + method + " is in the group '" + group + "', and the relay '" + this.relay.name()
							+ "' has no consumer groups",
					"Set 'atmosphere.relay.type' to a relay that has: jdbc, kafka, local or redis. Or leave 'group' out of"
							+ " @ChannelListener, and every node handles every message");
		}
		checkChannels(pattern, method);
		GroupOptions options = options(group, pattern, annotation.start(), method);
		GroupRunner other = this.runners.find(options.name());
		if (other != null) {
			throw new InvalidEndpointException("The listeners " + other.describe().listener() + " and " + method
					+ " are in the same group '" + options.name() + "'",
					"Give each @ChannelListener a group of its own");
		}
		GroupTransactions transactions = annotation.exactlyOnce() ? transactions(method, async) : null;
		GroupMethod handler = new GroupMethod(pattern, method, exceptions, this.support, options.name(), transactions);
		this.runners.add(new GroupRunner(options, pattern.toString(), handler, this.settings, groups,
				this.support.timers(), this.support.events(), this.threads.get()));
	}

	private GroupTransactions transactions(EndpointMethod method, boolean async) {
		if (async) {
			throw new InvalidEndpointException(
					"The listener " + method + " has 'exactlyOnce' and returns a CompletionStage, whose work would not"
							+ " belong to the transaction",
					"Return nothing, and do the work before the method returns. Or leave 'exactlyOnce' out");
		}
		GroupTransactions transactions = this.transactions.get();
		if (transactions == null) {
			throw new InvalidEndpointException(
					"The listener " + method + " has 'exactlyOnce', and the relay '" + this.relay.name()
							+ "' does not store the progress of groups in the application's database",
					"Set 'atmosphere.relay.type' to jdbc. Or leave 'exactlyOnce' out, and keep the MessageId of what"
							+ " was done");
		}
		return transactions;
	}

	private static GroupOptions options(@Nullable String group, ChannelPattern pattern, ChannelListener.Start start,
			EndpointMethod method) {
		try {
			return new GroupOptions((group != null) ? group : "", (channel) -> pattern.match(channel) != null,
					(start == ChannelListener.Start.BEGINNING) ? GroupOptions.Start.EARLIEST
							: GroupOptions.Start.LATEST);
		}
		catch (IllegalArgumentException ex) {
			throw new InvalidEndpointException(
					"The listener " + method + " is in the group '" + group + "': " + ex.getMessage(),
					"Use a name such as billing");
		}
	}

	/**
	 * Check that the pattern has recorded channels.
	 */
	private void checkChannels(ChannelPattern pattern, EndpointMethod method) {
		List<ChannelOptions> covered = this.catalog.all()
			.stream()
			.filter((options) -> ChannelPattern.parse(options.pattern()).mayOverlap(pattern))
			.toList();
		if (pattern.isName()) {
			// The first pattern decides
			ChannelOptions options = this.catalog.find(pattern.toString());
			covered = (options != null) ? List.of(options) : List.of();
		}
		if (covered.isEmpty()) {
			throw new InvalidEndpointException(
					"The listener " + method + " cannot listen: there is no channel '" + pattern + "'",
					"Add the channels to 'atmosphere.channels', or correct the @ChannelListener");
		}
		if (covered.stream().noneMatch(GroupListeners::isShared)) {
			throw new InvalidEndpointException(
					"The listener " + method + " is in a group, and the channels '" + pattern
							+ "' have no log at the relay: they are configured by " + names(covered),
					"Set 'history.size' of this pattern in 'atmosphere.channels', so that the channels are recorded."
							+ " Or leave 'group' out of @ChannelListener");
		}
		List<ChannelOptions> others = covered.stream().filter((options) -> !isShared(options)).toList();
		if (!others.isEmpty()) {
			logger.warn("The listener " + method + " is in a group and does not get the messages of " + names(others)
					+ ", which its pattern '" + pattern
					+ "' covers, because these channels have no log at the relay. Set 'history.size' of them in"
					+ " 'atmosphere.channels', or use a narrower pattern");
		}
	}

	private static String names(List<ChannelOptions> channels) {
		return channels.stream().map((options) -> "'" + options.pattern() + "'").collect(Collectors.joining(", "));
	}

	private static boolean isShared(ChannelOptions options) {
		HistoryOptions history = options.history();
		return options.isRecorded() && history != null && history.log() == null;
	}

	/**
	 * Join the groups. Called when the node has started.
	 */
	public void start() {
		this.runners.start();
	}

	/**
	 * Leave the groups. Waits for messages that are being handled. Called before the node
	 * stops.
	 */
	public void stop() {
		this.runners.stop();
	}

}
