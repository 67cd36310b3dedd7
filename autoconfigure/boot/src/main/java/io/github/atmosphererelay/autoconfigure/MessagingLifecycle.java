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
 * that receives no messages. Stops it after the web server.
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
	 * Create a lifecycle.
	 * @param relay carries the node's messages
	 * @param relayChosen whether {@code atmosphere.relay.type} is set
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
	 * Check that the relay can record channels. Done at the start, because annotated
	 * endpoints add channels until then.
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
						"The channels '" + options.pattern() + "' have a history, but the " + this.relay.name()
								+ " relay cannot record channels in this configuration.",
						"Set 'atmosphere.relay.type' to redis, kafka or jdbc, or set 'history.size' of the channels to 0,"
								+ " or remove 'history' from their @RoomService.");
			});
	}

	private static boolean needsRelayLog(ChannelOptions options) {
		HistoryOptions history = options.history();
		return history != null && !history.isReadOnly();
	}

	/**
	 * Report that the local relay is in use because there is no other. An application
	 * that means to have one node sets the property, and gets no report.
	 */
	private void warnOfLocalRelay() {
		if (this.relayChosen || !(this.relay instanceof LocalRelay)) {
			return;
		}
		String modules = "Add " + RelayType.REDIS.starter() + " or " + RelayType.KAFKA.starter()
				+ ", or set 'atmosphere.relay.type' to local if the application runs on one node";
		this.node.catalog()
			.all()
			.stream()
			.filter((options) -> options.scope() == ChannelScope.CLUSTER && options.source() == null)
			.findFirst()
			.ifPresentOrElse(
					(options) -> logger.warn("There is no relay on the classpath: messages of the channels '"
							+ options.pattern() + "' do not reach clients of other nodes. " + modules),
					() -> logger.info("There is no relay on the classpath: messages stay on this node. " + modules));
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
