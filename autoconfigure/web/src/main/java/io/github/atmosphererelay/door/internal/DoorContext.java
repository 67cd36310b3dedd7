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
import io.github.atmosphererelay.transport.http.internal.ResponseBreaker;
import io.github.atmosphererelay.transport.internal.SocketHandler;
import org.jspecify.annotations.Nullable;

import org.springframework.web.servlet.HandlerMapping;
import org.springframework.web.socket.server.support.WebSocketHandlerMapping;

/**
 * Holds the parts that doors are made of. Only the code that creates a door uses it: the
 * classes of a door get in their constructors only the parts that they use.
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

	private final StreamRequests streams;

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
		this.streams = new StreamRequests(this.handshakes, this.checks, this.tokens,
				new RequestRates(this.limits, this.settings), new StreamDispatcher(this.reception, this.limits,
						this.settings.sendTimeout(), parts.breaker, this.timers));
	}

	/**
	 * Create a builder.
	 * @param settings the settings for WebSocket clients
	 * @param controlLimits the limits of a queue for a door's own frames
	 * @return a builder
	 */
	public static Builder builder(WebSocketSettings settings, QueueLimits controlLimits) {
		return new Builder(settings, controlLimits);
	}

	/**
	 * Create the mapping that routes WebSocket handshakes to a door. Other requests are
	 * not affected.
	 * @param pattern the paths of the door
	 * @param order the mapping's order among other mappings
	 * @param door the door
	 * @param interceptor accepts or refuses handshakes
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
	 * Return the settings for WebSocket clients.
	 * @return the settings
	 */
	public WebSocketSettings settings() {
		return this.settings;
	}

	/**
	 * Return the limits of a queue for a door's own frames.
	 * @return the limits
	 */
	public QueueLimits controlLimits() {
		return this.controlLimits;
	}

	/**
	 * Return the checker of requests.
	 * @return the checker
	 */
	public AdmissionChecker checks() {
		return this.checks;
	}

	/**
	 * Return the common part of HTTP requests other than handshakes.
	 * @return the checks and refusals
	 */
	public StreamRequests streams() {
		return this.streams;
	}

	/**
	 * Return the responder for refused handshakes.
	 * @return the responder
	 */
	public RefusalResponder refusals() {
		return this.handshakes.refusals();
	}

	/**
	 * Return the presence of channels.
	 * @return the presence
	 */
	public PresenceService presence() {
		return this.presence;
	}

	/**
	 * Return the checker of tokens.
	 * @return the checker
	 */
	public TokenChecker tokens() {
		return this.tokens;
	}

	/**
	 * Return the limits of clients, for all doors together.
	 * @return the limits
	 */
	public ClientLimits limits() {
		return this.limits;
	}

	/**
	 * Return the registry of the HTTP sessions that identify clients.
	 * @return the registry
	 */
	public HttpSessionRegistry httpSessions() {
		return this.httpSessions;
	}

	/**
	 * Return the settings and helpers for handshakes.
	 * @return the settings and helpers
	 */
	public HandshakeSupport handshakes() {
		return this.handshakes;
	}

	/**
	 * Return the identity of this node.
	 * @return the identity
	 */
	public NodeIdentity identity() {
		return this.identity;
	}

	/**
	 * Return the catalog of the configured channels.
	 * @return the catalog
	 */
	public ChannelCatalog catalog() {
		return this.catalog;
	}

	/**
	 * Return the service that connects, subscribes and disconnects sessions.
	 * @return the subscriptions
	 */
	public Subscriptions subscriptions() {
		return this.subscriptions;
	}

	/**
	 * Return the receiver of clients' messages.
	 * @return the receiver
	 */
	public ClientMessageReceiver clientMessages() {
		return this.clientMessages;
	}

	/**
	 * Return the broadcaster, which knows the positions at the ends of logs.
	 * @return the broadcaster
	 */
	public DefaultBroadcaster broadcaster() {
		return this.broadcaster;
	}

	/**
	 * Return the reader of logs for clients.
	 * @return the reader
	 */
	public ReplayReader replays() {
		return this.replays;
	}

	/**
	 * Return the pool of writers to sessions.
	 * @return the writers
	 */
	public WriterPool writers() {
		return this.writers;
	}

	/**
	 * Return the counters of messages and refusals.
	 * @return the counters
	 */
	public InboundStatistics statistics() {
		return this.statistics;
	}

	/**
	 * Return the monitor of the relay.
	 * @return the monitor
	 */
	public RelayMonitor monitor() {
		return this.monitor;
	}

	/**
	 * Return the addresses that this node is subscribed to at the relay.
	 * @return the addresses
	 */
	public Interest interest() {
		return this.interest;
	}

	/**
	 * Return the timers for short tasks of doors.
	 * @return the timers
	 */
	public Timers timers() {
		return this.timers;
	}

	/**
	 * Collects the parts that doors are made of. For one thread.
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

		private ResponseBreaker breaker = ResponseBreaker.NONE;

		private Builder(WebSocketSettings settings, QueueLimits controlLimits) {
			this.settings = settings;
			this.controlLimits = controlLimits;
		}

		/**
		 * Set the presence of channels. Required.
		 * @param presence the presence
		 * @return this builder
		 */
		public Builder presence(PresenceService presence) {
			this.presence = presence;
			return this;
		}

		/**
		 * Set the checker of tokens. Required.
		 * @param tokens the checker
		 * @return this builder
		 */
		public Builder tokens(TokenChecker tokens) {
			this.tokens = tokens;
			return this;
		}

		/**
		 * Set the limits of clients, for all doors together. Required.
		 * @param limits the limits
		 * @return this builder
		 */
		public Builder limits(ClientLimits limits) {
			this.limits = limits;
			return this;
		}

		/**
		 * Set the registry of the HTTP sessions that identify clients. Required.
		 * @param httpSessions the registry
		 * @return this builder
		 */
		public Builder httpSessions(HttpSessionRegistry httpSessions) {
			this.httpSessions = httpSessions;
			return this;
		}

		/**
		 * Set the settings and helpers for handshakes. Required.
		 * @param handshakes the settings and helpers
		 * @return this builder
		 */
		public Builder handshakes(HandshakeSupport handshakes) {
			this.handshakes = handshakes;
			return this;
		}

		/**
		 * Set the identity of this node. Required.
		 * @param identity the identity
		 * @return this builder
		 */
		public Builder identity(NodeIdentity identity) {
			this.identity = identity;
			return this;
		}

		/**
		 * Set the catalog of the configured channels. Required.
		 * @param catalog the catalog
		 * @return this builder
		 */
		public Builder catalog(ChannelCatalog catalog) {
			this.catalog = catalog;
			return this;
		}

		/**
		 * Set the service that connects, subscribes and disconnects sessions. Required.
		 * @param subscriptions the subscriptions
		 * @return this builder
		 */
		public Builder subscriptions(Subscriptions subscriptions) {
			this.subscriptions = subscriptions;
			return this;
		}

		/**
		 * Set the receiver of clients' messages, which also knows what clients may do.
		 * Required.
		 * @param clientMessages the receiver
		 * @return this builder
		 */
		public Builder clientMessages(ClientMessageReceiver clientMessages) {
			this.clientMessages = clientMessages;
			return this;
		}

		/**
		 * Set the broadcaster, which knows the positions at the ends of logs. Required.
		 * @param broadcaster the broadcaster
		 * @return this builder
		 */
		public Builder broadcaster(DefaultBroadcaster broadcaster) {
			this.broadcaster = broadcaster;
			return this;
		}

		/**
		 * Set the reader of logs for clients. Required.
		 * @param replays the reader
		 * @return this builder
		 */
		public Builder replays(ReplayReader replays) {
			this.replays = replays;
			return this;
		}

		/**
		 * Set the pool of writers to sessions. Required.
		 * @param writers the writers
		 * @return this builder
		 */
		public Builder writers(WriterPool writers) {
			this.writers = writers;
			return this;
		}

		/**
		 * Set the counters of messages and refusals. Required.
		 * @param statistics the counters
		 * @return this builder
		 */
		public Builder statistics(InboundStatistics statistics) {
			this.statistics = statistics;
			return this;
		}

		/**
		 * Set the monitor of the relay. Required.
		 * @param monitor the monitor
		 * @return this builder
		 */
		public Builder monitor(RelayMonitor monitor) {
			this.monitor = monitor;
			return this;
		}

		/**
		 * Set the addresses that this node is subscribed to at the relay. Required.
		 * @param interest the addresses
		 * @return this builder
		 */
		public Builder interest(Interest interest) {
			this.interest = interest;
			return this;
		}

		/**
		 * Set the timers for short tasks of doors. Required.
		 * @param timers the timers
		 * @return this builder
		 */
		public Builder timers(Timers timers) {
			this.timers = timers;
			return this;
		}

		/**
		 * Set what breaks off responses whose clients do not read. By default they are
		 * completed.
		 * @param breaker the breaker
		 * @return this builder
		 */
		public Builder breaker(ResponseBreaker breaker) {
			this.breaker = breaker;
			return this;
		}

		/**
		 * Create the context.
		 * @return the context
		 * @throws IllegalStateException if a required part is missing
		 */
		public DoorContext build() {
			return new DoorContext(this);
		}

	}

}
