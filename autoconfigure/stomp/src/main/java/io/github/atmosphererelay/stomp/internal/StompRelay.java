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

package io.github.atmosphererelay.stomp.internal;

import java.time.Duration;
import java.util.concurrent.ScheduledFuture;

import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.message.internal.BucketMessages;
import io.github.atmosphererelay.relay.RelayCapability;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.messaging.simp.broker.DefaultSubscriptionRegistry;
import org.springframework.messaging.simp.broker.OrderedMessageChannelDecorator;
import org.springframework.messaging.simp.broker.SubscriptionRegistry;
import org.springframework.messaging.simp.user.SimpUserRegistry;
import org.springframework.util.AntPathMatcher;
import org.springframework.util.PathMatcher;
import org.springframework.web.socket.messaging.StompSubProtocolHandler;
import org.springframework.web.socket.messaging.SubProtocolHandler;
import org.springframework.web.socket.messaging.SubProtocolWebSocketHandler;

/**
 * Connects the application's simple broker with those of the other nodes. When all beans
 * exist, it looks for the broker and adds interceptors to its channels; no bean is
 * replaced but the registry of users. If there is no simple broker, it changes nothing,
 * and says why in the log.
 */
public final class StompRelay implements SmartInitializingSingleton {

	private static final Log logger = LogFactory.getLog(StompRelay.class);

	private static final Duration CONFIRMATION = Duration.ofSeconds(2);

	private static final Duration TICK = Duration.ofMillis(100);

	private final StompParts parts;

	private final StompSettings settings;

	private final ListableBeanFactory beans;

	private final StompStatistics statistics = new StompStatistics();

	private final LocalSessions sessions = new LocalSessions();

	private final RemoteUsers remoteUsers;

	private final Lanes lanes;

	private final boolean clustered;

	private @Nullable Active active;

	private @Nullable ScheduledFuture<?> ticks;

	/**
	 * Create an instance.
	 * @param parts what it uses of the node
	 * @param settings the settings
	 * @param beans the beans of the application's context
	 */
	public StompRelay(StompParts parts, StompSettings settings, ListableBeanFactory beans) {
		this.parts = parts;
		this.settings = settings;
		this.beans = beans;
		this.remoteUsers = parts.users().remote();
		Guard guard = parts.timers().guards().of(Part.STOMP);
		this.lanes = new Lanes(guard, ClusterPublisher.BUCKETS + 1, settings.maxWaiting());
		this.clustered = parts.relay().capabilities().contains(RelayCapability.CLUSTERED);
	}

	@Override
	public void afterSingletonsInstantiated() {
		StompBrokerFinder.Result result = new StompBrokerFinder(this.beans).find();
		StompBroker broker = result.broker();
		if (broker != null) {
			connect(broker);
		}
		else {
			logger.info("'atmosphere.stomp.enabled' has no effect: " + result.reason());
		}
	}

	private void connect(StompBroker broker) {
		DestinationInterest interest = new DestinationInterest(matcher(broker));
		Following following = new Following(this.parts.interest(), this.parts.monitor());
		Receipts receipts = new Receipts(broker, this.settings.receipts(),
				() -> !this.clustered || following.isComplete(), this.lanes, this.statistics);
		ClusterPublisher publisher = new ClusterPublisher(this.parts.node(), this.parts.relay(), this.parts.monitor(),
				this.settings.maxMessageSize(), this.statistics);
		RelayInterceptor interceptor = new RelayInterceptor(broker, this.sessions, publisher, receipts,
				new ClientErrors(broker.outbound(), protocol()), this.statistics, this.clustered);
		SubscriptionRegistry registry = broker.handler().getSubscriptionRegistry();
		broker.handler()
			.setSubscriptionRegistry(new ObservedSubscriptions(registry, interest, this.sessions::disconnected));
		if (this.settings.preserveOrder()) {
			// Before the other interceptor is added: if that one withholds a message from
			// a
			// handler, only interceptors before it learn that the message is done
			preserveOrder(broker);
		}
		broker.inbound().addInterceptor(interceptor);
		broker.channel().addInterceptor(interceptor);
		boolean ownNames = connectUsers(broker);
		ClusterReceiver receiver = new ClusterReceiver(broker, this.sessions, interest, ownNames, this.lanes,
				this.statistics);
		this.parts.buckets().set(BucketMessages.STOMP, receiver);
		this.active = new Active(following, receipts, interest);
	}

	private static PathMatcher matcher(StompBroker broker) {
		return (broker.handler().getSubscriptionRegistry() instanceof DefaultSubscriptionRegistry registry)
				? registry.getPathMatcher() : new AntPathMatcher();
	}

	private void preserveOrder(StompBroker broker) {
		broker.handler().setPreservePublishOrder(true);
		OrderedMessageChannelDecorator.configureInterceptor(broker.inbound(), true);
		for (SubProtocolWebSocketHandler sockets : this.beans.getBeansOfType(SubProtocolWebSocketHandler.class)
			.values()) {
			for (SubProtocolHandler protocol : sockets.getProtocolHandlers()) {
				if (protocol instanceof StompSubProtocolHandler stomp && !stomp.isPreserveReceiveOrder()) {
					stomp.setPreserveReceiveOrder(true);
					broker.inbound().addInterceptor(0, new RefusalReporter(new ClientErrors(broker.outbound(), stomp)));
				}
			}
		}
	}

	/**
	 * Return what has the application's handler of errors.
	 */
	private @Nullable StompSubProtocolHandler protocol() {
		return this.beans.getBeansOfType(SubProtocolWebSocketHandler.class)
			.values()
			.stream()
			.flatMap((sockets) -> sockets.getProtocolHandlers().stream())
			.filter(StompSubProtocolHandler.class::isInstance)
			.map(StompSubProtocolHandler.class::cast)
			.findFirst()
			.orElse(null);
	}

	/**
	 * Let the application see the users of all nodes, unless Spring resolves destinations
	 * with what the application sees: then messages would be delivered twice.
	 * @return whether the users of this node have the names under which this library
	 * knows them
	 */
	private boolean connectUsers(StompBroker broker) {
		if (broker.resolver() == null) {
			logger.warn("The application has its own UserDestinationResolver. A message to a user is resolved on the"
					+ " node that sends it, and reaches the sessions of other nodes only if that resolver knows them");
		}
		SimpUserRegistry registry = new StompBrokerFinder(this.beans).single(SimpUserRegistry.class);
		if (!(registry instanceof ClusterUserRegistry users)) {
			logger.warn("The application has its own SimpUserRegistry. It is used as it is, so it is the application"
					+ " that decides whether it shows the users of other nodes");
			return false;
		}
		if (broker.resolver() != null && broker.resolver().getSimpUserRegistry() != users.local()) {
			logger.warn("The bean of type SimpUserRegistry is wrapped, so it shows the users of this node only. Remove"
					+ " the proxy around it");
		}
		else if (this.clustered) {
			users.activate(this.parts.users().entries(), this.remoteUsers);
		}
		return true;
	}

	/**
	 * Follow the other nodes' messages. Called when the node's messaging has started, and
	 * before the web server starts. May block for 2 seconds.
	 */
	public synchronized void start() {
		Active active = this.active;
		if (active == null) {
			return;
		}
		this.lanes.start();
		if (this.clustered) {
			active.following().start(CONFIRMATION);
		}
		this.ticks = this.parts.timers().repeat(Part.STOMP, () -> {
			active.following().check();
			active.receipts().sendWaiting();
		}, TICK, TICK);
	}

	/**
	 * Stop. Called when the web server has stopped.
	 */
	public synchronized void stop() {
		if (this.ticks != null) {
			this.ticks.cancel(false);
			this.ticks = null;
		}
		if (this.active != null) {
			this.active.following().stop();
		}
		this.lanes.stop();
	}

	/**
	 * Return whether the application's simple broker is connected with those of other
	 * nodes.
	 * @return whether there is a simple broker
	 */
	public boolean isActive() {
		return this.active != null;
	}

	/**
	 * Return the number of STOMP sessions of this node.
	 * @return the number of sessions
	 */
	public int sessions() {
		return this.sessions.size();
	}

	/**
	 * Return the number of different destinations and patterns to which sessions of this
	 * node are subscribed.
	 * @return the number of destinations
	 */
	public int destinations() {
		return (this.active != null) ? this.active.interest().size() : 0;
	}

	/**
	 * Return how many bytes of other nodes' messages wait for slow deliveries.
	 * @return the number of bytes
	 */
	public long waitingBytes() {
		return this.lanes.waitingBytes();
	}

	/**
	 * Return the counters.
	 * @return the counters
	 */
	public StompStatistics statistics() {
		return this.statistics;
	}

	/**
	 * What exists if there is a simple broker.
	 */
	private record Active(Following following, Receipts receipts, DestinationInterest interest) {
	}

}
