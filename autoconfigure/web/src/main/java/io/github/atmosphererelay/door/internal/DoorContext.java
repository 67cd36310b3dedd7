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

package io.github.atmosphererelay.door.internal;

import java.util.Map;

import io.github.atmosphererelay.broadcast.internal.DefaultBroadcaster;
import io.github.atmosphererelay.channel.internal.ChannelCatalog;
import io.github.atmosphererelay.delivery.internal.InboundStatistics;
import io.github.atmosphererelay.guard.internal.Required;
import io.github.atmosphererelay.guard.internal.Timers;
import io.github.atmosphererelay.inbound.internal.ClientMessageReceiver;
import io.github.atmosphererelay.presence.internal.PresenceService;
import io.github.atmosphererelay.relay.internal.RelayMonitor;
import io.github.atmosphererelay.session.internal.NodeIdentity;
import io.github.atmosphererelay.session.internal.QueueLimits;
import io.github.atmosphererelay.session.internal.WriterPool;
import io.github.atmosphererelay.subscription.internal.Interest;
import io.github.atmosphererelay.subscription.internal.Subscriptions;
import io.github.atmosphererelay.subscription.log.internal.ReplayReader;
import io.github.atmosphererelay.transport.internal.SocketHandler;
import org.jspecify.annotations.Nullable;

import org.springframework.web.servlet.HandlerMapping;
import org.springframework.web.socket.server.support.WebSocketHandlerMapping;

/**
 * What a door is put together of. It is for those places alone that put a door together:
 * the door's classes get from it, by their constructors, what each of them uses.
 */
public final class DoorContext {

	private final WebSocketSettings settings;

	private final QueueLimits controlLimits;

	private final PresenceService presence;

	private final TokenChecker tokens;

	private final ClientLimits limits;

	private final HttpSessionRegistry httpSessions;

	private final HandshakeSupport handshakes;

	private final NodeIdentity identity;

	private final ChannelCatalog catalog;

	private final Subscriptions subscriptions;

	private final ClientMessageReceiver clientMessages;

	private final DefaultBroadcaster broadcaster;

	private final ReplayReader replays;

	private final WriterPool writers;

	private final InboundStatistics statistics;

	private final RelayMonitor monitor;

	private final Interest interest;

	private final Timers timers;

	private final Reception reception;

	private final AdmissionChecker checks;

	private DoorContext(Builder parts) {
		this.settings = parts.settings;
		this.controlLimits = parts.controlLimits;
		this.presence = Required.part(parts.presence, "presence");
		this.tokens = Required.part(parts.tokens, "tokens");
		this.limits = Required.part(parts.limits, "limits");
		this.httpSessions = Required.part(parts.httpSessions, "httpSessions");
		this.handshakes = Required.part(parts.handshakes, "handshakes");
		this.identity = Required.part(parts.identity, "identity");
		this.catalog = Required.part(parts.catalog, "catalog");
		this.subscriptions = Required.part(parts.subscriptions, "subscriptions");
		this.clientMessages = Required.part(parts.clientMessages, "clientMessages");
		this.broadcaster = Required.part(parts.broadcaster, "broadcaster");
		this.replays = Required.part(parts.replays, "replays");
		this.writers = Required.part(parts.writers, "writers");
		this.statistics = Required.part(parts.statistics, "statistics");
		this.monitor = Required.part(parts.monitor, "monitor");
		this.interest = Required.part(parts.interest, "interest");
		this.timers = Required.part(parts.timers, "timers");
		this.reception = new Reception(this.identity, this.writers, this.subscriptions, this.httpSessions,
				this.statistics);
		this.checks = new AdmissionChecker(this.handshakes, this.limits, this.tokens);
	}

	/**
	 * Begin to put it together.
	 * @param settings what holds for clients
	 * @param controlLimits how much may wait of a door's own frames
	 * @return a builder
	 */
	public static Builder builder(WebSocketSettings settings, QueueLimits controlLimits) {
		return new Builder(settings, controlLimits);
	}

	/**
	 * Create the mapping that leads WebSocket handshakes to a door, and leaves every
	 * other request alone.
	 * @param pattern the paths of the door
	 * @param order the mapping's place among others
	 * @param door the door
	 * @param interceptor lets handshakes in
	 * @return the mapping
	 */
	public HandlerMapping mapping(String pattern, int order, Door door, DoorInterceptor interceptor) {
		SocketDispatcher arrivals = new SocketDispatcher(this.reception, this.limits, this.settings.sendTimeout(),
				door);
		WebSocketHandlerMapping mapping = new WebSocketHandlerMapping();
		mapping.setWebSocketUpgradeMatch(true);
		mapping.setOrder(order);
		mapping.setUrlMap(Map.of(pattern, new DoorRequestHandler(this.handshakes, this.settings.compression(),
				new SocketHandler(arrivals), interceptor)));
		return mapping;
	}

	/**
	 * Return what holds for clients.
	 * @return the settings
	 */
	public WebSocketSettings settings() {
		return this.settings;
	}

	/**
	 * Return how much may wait of a door's own frames.
	 * @return the limits
	 */
	public QueueLimits controlLimits() {
		return this.controlLimits;
	}

	/**
	 * Return what decides about requests.
	 * @return the checks
	 */
	public AdmissionChecker checks() {
		return this.checks;
	}

	/**
	 * Return what answers handshakes that are refused.
	 * @return the refusals
	 */
	public RefusalResponder refusals() {
		return this.handshakes.refusals();
	}

	/**
	 * Return what tells who is in channels.
	 * @return the presence
	 */
	public PresenceService presence() {
		return this.presence;
	}

	/**
	 * Return what checks tokens.
	 * @return the checks
	 */
	public TokenChecker tokens() {
		return this.tokens;
	}

	/**
	 * Return what knows what clients have and do, through whatever door.
	 * @return the limits
	 */
	public ClientLimits limits() {
		return this.limits;
	}

	/**
	 * Return what knows the HTTP sessions that clients are known by.
	 * @return the sessions
	 */
	public HttpSessionRegistry httpSessions() {
		return this.httpSessions;
	}

	/**
	 * Return what is needed to answer handshakes.
	 * @return what is needed
	 */
	public HandshakeSupport handshakes() {
		return this.handshakes;
	}

	/**
	 * Return what tells which node this is.
	 * @return the identity
	 */
	public NodeIdentity identity() {
		return this.identity;
	}

	/**
	 * Return what knows the channels that exist.
	 * @return the catalog
	 */
	public ChannelCatalog catalog() {
		return this.catalog;
	}

	/**
	 * Return what lets sessions in, subscribes them and sees them out.
	 * @return the subscriptions
	 */
	public Subscriptions subscriptions() {
		return this.subscriptions;
	}

	/**
	 * Return what takes the messages of clients.
	 * @return the messages
	 */
	public ClientMessageReceiver clientMessages() {
		return this.clientMessages;
	}

	/**
	 * Return what knows where logs end.
	 * @return the broadcaster
	 */
	public DefaultBroadcaster broadcaster() {
		return this.broadcaster;
	}

	/**
	 * Return what reads logs for clients.
	 * @return the reader
	 */
	public ReplayReader replays() {
		return this.replays;
	}

	/**
	 * Return what writes to sessions.
	 * @return the writers
	 */
	public WriterPool writers() {
		return this.writers;
	}

	/**
	 * Return what counts who was refused.
	 * @return the counters
	 */
	public InboundStatistics statistics() {
		return this.statistics;
	}

	/**
	 * Return what measures the relay.
	 * @return the monitor
	 */
	public RelayMonitor monitor() {
		return this.monitor;
	}

	/**
	 * Return what knows which channels are followed on the relay.
	 * @return the interest
	 */
	public Interest interest() {
		return this.interest;
	}

	/**
	 * Return what runs the short tasks of doors.
	 * @return the timers
	 */
	public Timers timers() {
		return this.timers;
	}

	/**
	 * Collects what doors are put together of. For one thread.
	 */
	public static final class Builder {

		private final WebSocketSettings settings;

		private final QueueLimits controlLimits;

		private @Nullable PresenceService presence;

		private @Nullable TokenChecker tokens;

		private @Nullable ClientLimits limits;

		private @Nullable HttpSessionRegistry httpSessions;

		private @Nullable HandshakeSupport handshakes;

		private @Nullable NodeIdentity identity;

		private @Nullable ChannelCatalog catalog;

		private @Nullable Subscriptions subscriptions;

		private @Nullable ClientMessageReceiver clientMessages;

		private @Nullable DefaultBroadcaster broadcaster;

		private @Nullable ReplayReader replays;

		private @Nullable WriterPool writers;

		private @Nullable InboundStatistics statistics;

		private @Nullable RelayMonitor monitor;

		private @Nullable Interest interest;

		private @Nullable Timers timers;

		private Builder(WebSocketSettings settings, QueueLimits controlLimits) {
			this.settings = settings;
			this.controlLimits = controlLimits;
		}

		/**
		 * Say what tells who is in channels. Required.
		 * @param presence the presence
		 * @return this builder
		 */
		public Builder presence(PresenceService presence) {
			this.presence = presence;
			return this;
		}

		/**
		 * Say what checks tokens. Required.
		 * @param tokens the checks
		 * @return this builder
		 */
		public Builder tokens(TokenChecker tokens) {
			this.tokens = tokens;
			return this;
		}

		/**
		 * Say what clients have and do, through whatever door. Required.
		 * @param limits the limits
		 * @return this builder
		 */
		public Builder limits(ClientLimits limits) {
			this.limits = limits;
			return this;
		}

		/**
		 * Say which HTTP sessions clients are known by. Required.
		 * @param httpSessions the sessions
		 * @return this builder
		 */
		public Builder httpSessions(HttpSessionRegistry httpSessions) {
			this.httpSessions = httpSessions;
			return this;
		}

		/**
		 * Say what is needed to answer handshakes. Required.
		 * @param handshakes what is needed
		 * @return this builder
		 */
		public Builder handshakes(HandshakeSupport handshakes) {
			this.handshakes = handshakes;
			return this;
		}

		/**
		 * Say which node it is. Required.
		 * @param identity the identity
		 * @return this builder
		 */
		public Builder identity(NodeIdentity identity) {
			this.identity = identity;
			return this;
		}

		/**
		 * Say which channels exist. Required.
		 * @param catalog the catalog
		 * @return this builder
		 */
		public Builder catalog(ChannelCatalog catalog) {
			this.catalog = catalog;
			return this;
		}

		/**
		 * Say what lets sessions in, subscribes them and sees them out. Required.
		 * @param subscriptions the subscriptions
		 * @return this builder
		 */
		public Builder subscriptions(Subscriptions subscriptions) {
			this.subscriptions = subscriptions;
			return this;
		}

		/**
		 * Say what takes the messages of clients, and knows what they may. Required.
		 * @param clientMessages the messages
		 * @return this builder
		 */
		public Builder clientMessages(ClientMessageReceiver clientMessages) {
			this.clientMessages = clientMessages;
			return this;
		}

		/**
		 * Say what knows where logs end. Required.
		 * @param broadcaster the broadcaster
		 * @return this builder
		 */
		public Builder broadcaster(DefaultBroadcaster broadcaster) {
			this.broadcaster = broadcaster;
			return this;
		}

		/**
		 * Say what reads logs for clients. Required.
		 * @param replays the reader
		 * @return this builder
		 */
		public Builder replays(ReplayReader replays) {
			this.replays = replays;
			return this;
		}

		/**
		 * Say what writes to sessions. Required.
		 * @param writers the writers
		 * @return this builder
		 */
		public Builder writers(WriterPool writers) {
			this.writers = writers;
			return this;
		}

		/**
		 * Say what counts who was refused. Required.
		 * @param statistics the counters
		 * @return this builder
		 */
		public Builder statistics(InboundStatistics statistics) {
			this.statistics = statistics;
			return this;
		}

		/**
		 * Say what measures the relay. Required.
		 * @param monitor the monitor
		 * @return this builder
		 */
		public Builder monitor(RelayMonitor monitor) {
			this.monitor = monitor;
			return this;
		}

		/**
		 * Say which channels are followed on the relay. Required.
		 * @param interest the interest
		 * @return this builder
		 */
		public Builder interest(Interest interest) {
			this.interest = interest;
			return this;
		}

		/**
		 * Say what runs the short tasks of doors. Required.
		 * @param timers the timers
		 * @return this builder
		 */
		public Builder timers(Timers timers) {
			this.timers = timers;
			return this;
		}

		/**
		 * Make it.
		 * @return what was put together
		 * @throws IllegalStateException if something is missing that is required
		 */
		public DoorContext build() {
			return new DoorContext(this);
		}

	}

}
