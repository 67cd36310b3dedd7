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

package io.github.atmosphererelay.autoconfigure;

import io.github.atmosphererelay.channel.internal.ChannelOptions;
import io.github.atmosphererelay.channel.internal.ChannelScope;
import io.github.atmosphererelay.channel.internal.HistoryOptions;
import io.github.atmosphererelay.node.internal.MessagingNode;
import io.github.atmosphererelay.relay.ClusterRelay;
import io.github.atmosphererelay.relay.local.internal.LocalRelay;
import io.github.atmosphererelay.session.internal.Heartbeat;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.SmartLifecycle;

/**
 * Starts the node's messaging before the web server, so that no client connects to a node
 * that hears nothing, and stops it after the web server.
 */
final class MessagingLifecycle implements SmartLifecycle {

	private static final Log logger = LogFactory.getLog(MessagingLifecycle.class);

	static final int PHASE = WebServerApplicationContext.START_STOP_LIFECYCLE_PHASE - 1024;

	private final MessagingNode node;

	private final ClusterRelay relay;

	private final Heartbeat heartbeat;

	private final boolean relayChosen;

	private volatile boolean running;

	/**
	 * Create a life cycle.
	 * @param relay what the node's messages are carried by
	 * @param relayChosen whether the configuration names the relay
	 */
	MessagingLifecycle(MessagingNode node, ClusterRelay relay, Heartbeat heartbeat, boolean relayChosen) {
		this.node = node;
		this.relay = relay;
		this.heartbeat = heartbeat;
		this.relayChosen = relayChosen;
	}

	@Override
	public void start() {
		requireLogs();
		warnOfLocalRelay();
		this.node.start();
		this.heartbeat.start();
		this.running = true;
	}

	/**
	 * Looked at no earlier: annotated endpoints add channels.
	 */
	private void requireLogs() {
		if (this.relay.log() != null) {
			return;
		}
		this.node.catalog()
			.all()
			.stream()
			.filter(MessagingLifecycle::needsRelayLog)
			.findFirst()
			.ifPresent((options) -> {
				throw new RelayNotConfiguredException(
						"The channels '" + options.pattern() + "' are to keep a history, and the " + this.relay.name()
								+ " relay has no logs as it is configured.",
						"Set 'history.size' of the channels to 0, or remove 'history' from their @RoomService, or use another"
								+ " relay: see 'atmosphere.relay.type'.");
			});
	}

	private static boolean needsRelayLog(ChannelOptions options) {
		HistoryOptions history = options.history();
		return history != null && !history.isReadOnly();
	}

	/**
	 * The relay that is there because there is no other. Where only one node is meant,
	 * the property says so.
	 */
	private void warnOfLocalRelay() {
		if (this.relayChosen || !(this.relay instanceof LocalRelay)) {
			return;
		}
		String modules = "Add " + RelayType.REDIS.starter() + " or " + RelayType.KAFKA.starter()
				+ ", or set 'atmosphere.relay.type' to local if there is to be one node";
		this.node.catalog()
			.all()
			.stream()
			.filter((options) -> options.scope() == ChannelScope.CLUSTER)
			.findFirst()
			.ifPresentOrElse((options) -> logger.warn("The channels '" + options.pattern()
					+ "' are meant to reach the clients of all nodes, and messages stay on this node, because no"
					+ " module of a broker is on the classpath. " + modules),
					() -> logger
						.info("No module of a broker is on the classpath: messages stay on this node. " + modules));
	}

	@Override
	public void stop() {
		this.running = false;
		this.heartbeat.stop();
		this.node.stop();
	}

	@Override
	public boolean isRunning() {
		return this.running;
	}

	@Override
	public int getPhase() {
		return PHASE;
	}

}
