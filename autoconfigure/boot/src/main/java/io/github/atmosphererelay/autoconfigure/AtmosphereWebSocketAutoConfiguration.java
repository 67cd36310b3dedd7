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

import java.util.Comparator;
import java.util.List;
import java.util.Objects;

import io.github.atmosphererelay.autoconfigure.AtmosphereProperties.Limits;
import io.github.atmosphererelay.autoconfigure.AtmosphereProperties.Shutdown;
import io.github.atmosphererelay.autoconfigure.AtmosphereProperties.Websocket;
import io.github.atmosphererelay.channel.internal.ChannelCatalog;
import io.github.atmosphererelay.channel.internal.ChannelOptions;
import io.github.atmosphererelay.door.centrifuge.internal.CentrifugeDoor;
import io.github.atmosphererelay.door.centrifuge.internal.CentrifugeSettings;
import io.github.atmosphererelay.door.centrifuge.internal.ClientScript;
import io.github.atmosphererelay.door.internal.ClientAddresses;
import io.github.atmosphererelay.door.internal.ClientAuthentication;
import io.github.atmosphererelay.door.internal.ClientLimits;
import io.github.atmosphererelay.door.internal.DoorContext;
import io.github.atmosphererelay.door.internal.DoorRequestFilter;
import io.github.atmosphererelay.door.internal.HandshakeFailures;
import io.github.atmosphererelay.door.internal.HandshakeGate;
import io.github.atmosphererelay.door.internal.HandshakeSupport;
import io.github.atmosphererelay.door.internal.HttpSessionRegistry;
import io.github.atmosphererelay.door.internal.LimitSettings;
import io.github.atmosphererelay.door.internal.RefusalResponder;
import io.github.atmosphererelay.door.internal.ServerCapacity;
import io.github.atmosphererelay.door.internal.SessionDrain;
import io.github.atmosphererelay.door.internal.TokenChecker;
import io.github.atmosphererelay.door.internal.UpgradeRequired;
import io.github.atmosphererelay.door.internal.WebSocketSettings;
import io.github.atmosphererelay.door.raw.internal.RawDoor;
import io.github.atmosphererelay.durable.internal.DurableSessions;
import io.github.atmosphererelay.node.internal.MessagingNode;
import io.github.atmosphererelay.presence.internal.PresenceService;
import io.github.atmosphererelay.security.ClientSecurity;
import io.github.atmosphererelay.session.TokenAuthenticator;
import io.github.atmosphererelay.session.internal.PrincipalExpiry;
import io.github.atmosphererelay.session.internal.SessionRegistry;
import io.github.atmosphererelay.session.internal.WriterPool;
import io.github.atmosphererelay.transport.internal.DetachedUpgradeStrategy;
import io.github.atmosphererelay.transport.tomcat.internal.TomcatUpgradeStrategy;
import jakarta.websocket.server.ServerContainer;
import org.apache.catalina.connector.RequestFacade;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.apache.coyote.AbstractProtocol;
import org.apache.coyote.http11.upgrade.InternalHttpUpgradeHandler;
import org.eclipse.jetty.server.NetworkConnectionLimit;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication.Type;
import org.springframework.boot.cloud.CloudPlatform;
import org.springframework.boot.jetty.JettyWebServer;
import org.springframework.boot.tomcat.TomcatConnectorCustomizer;
import org.springframework.boot.tomcat.TomcatWebServer;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.core.env.Environment;
import org.springframework.security.web.firewall.RequestRejectedException;
import org.springframework.web.servlet.DispatcherServlet;
import org.springframework.web.servlet.HandlerMapping;
import org.springframework.web.socket.WebSocketHandler;
import org.springframework.web.socket.server.RequestUpgradeStrategy;

/**
 * Auto-configuration of the doors for WebSocket clients.
 */
@AutoConfiguration(after = AtmosphereAutoConfiguration.class)
@ConditionalOnWebApplication(type = Type.SERVLET)
@ConditionalOnClass({ RawDoor.class, WebSocketHandler.class, ServerContainer.class, DispatcherServlet.class })
@ConditionalOnBean(MessagingNode.class)
public final class AtmosphereWebSocketAutoConfiguration {

	private static final Log logger = LogFactory.getLog(AtmosphereWebSocketAutoConfiguration.class);

	private static final String UPGRADE_STRATEGY = "atmosphereUpgradeStrategy";

	private final AtmosphereProperties properties;

	AtmosphereWebSocketAutoConfiguration(AtmosphereProperties properties) {
		this.properties = properties;
	}

	@Bean
	@ConditionalOnMissingBean
	HandshakeGate atmosphereHandshakeGate() {
		return new HandshakeGate();
	}

	@Bean
	RefusalResponder atmosphereRefusals(MessagingNode node) {
		return new RefusalResponder(node.statistics().inbound());
	}

	@Bean
	ServerCapacity atmosphereServerCapacity() {
		return new ServerCapacity(this.properties.limits().reservedConnections());
	}

	/**
	 * Before everything that reads parameters, and after what puts the address in that a
	 * proxy has told.
	 */
	@Bean
	FilterRegistrationBean<DoorRequestFilter> atmosphereDoorRequestFilter(RefusalResponder refusals,
			Environment environment) {
		String servlet = environment.getProperty("spring.mvc.servlet.path", "/");
		String prefix = servlet.endsWith("/") ? servlet.substring(0, servlet.length() - 1) : servlet;
		String path = prefix + this.properties.websocket().path();
		FilterRegistrationBean<DoorRequestFilter> registration = new FilterRegistrationBean<>(
				new DoorRequestFilter(refusals, path));
		registration.addUrlPatterns(path + "/*");
		if (this.properties.centrifuge().path() != null) {
			registration.addUrlPatterns(prefix + this.properties.centrifuge().path());
		}
		registration.setOrder(Ordered.HIGHEST_PRECEDENCE + 1);
		registration.setAsyncSupported(true);
		return registration;
	}

	@Bean
	TokenExecutor atmosphereTokenExecutor() {
		return new TokenExecutor();
	}

	/**
	 * Also a listener of the container's, which it registers.
	 */
	@Bean
	HttpSessionRegistry atmosphereHttpSessions(HandshakeGate gate, TokenExecutor executor) {
		return new HttpSessionRegistry(gate, this.properties.security().keepHttpSessionAlive(), executor.executor());
	}

	@Bean
	DoorContext atmosphereDoorContext(MessagingNode node, PresenceService presence, HandshakeGate gate,
			RefusalResponder refusals, ServerCapacity capacity, Environment environment, TokenExecutor tokenExecutor,
			ObjectProvider<TokenAuthenticator> tokens, ObjectProvider<PrincipalExpiry> expiry,
			HttpSessionRegistry httpSessions, ObjectProvider<HandshakeFailures> failures,
			@Qualifier(UPGRADE_STRATEGY) ObjectProvider<RequestUpgradeStrategy> upgradeStrategy) {
		Websocket websocket = this.properties.websocket();
		Limits limits = this.properties.limits();
		LimitSettings limitSettings = new LimitSettings(limits.sessionsPerUser(), limits.sessionsPerAddress(),
				limits.userMessagesPerSecond(), limits.userBurst(), limits.emptyChannelsPerMinute());
		WebSocketSettings settings = new WebSocketSettings(websocket.path(), (int) websocket.maxMessageSize().toBytes(),
				websocket.messagesPerSecond(), websocket.burst(), websocket.sendTimeout(), websocket.compression(),
				limitSettings);
		ClientAuthentication authentication = new ClientAuthentication(
				OptionalBeans.single(tokens, TokenAuthenticator.class), earliest(expiry.orderedStream().toList()),
				this.properties.security().tokenTimeout(), tokenExecutor.executor());
		HandshakeSupport handshakes = new HandshakeSupport(websocket.allowedOrigins(), gate, capacity,
				new ClientAddresses(isForwardedNatively(environment)), refusals,
				failures.getIfAvailable(() -> HandshakeFailures.NONE),
				upgradeStrategy.getIfAvailable(DetachedUpgradeStrategy::new));
		return DoorContext.builder(settings, QueueDefaults.of(this.properties))
			.tokens(new TokenChecker(authentication, node.clientContext()))
			.limits(new ClientLimits(limitSettings))
			.httpSessions(httpSessions)
			.handshakes(handshakes)
			.presence(presence)
			.identity(node.identity())
			.catalog(node.catalog())
			.subscriptions(node.subscriptions())
			.clientMessages(node.clientMessages())
			.broadcaster(node.broadcaster())
			.replays(node.replays())
			.writers(node.writers())
			.statistics(node.statistics().inbound())
			.monitor(node.monitor())
			.interest(node.interest())
			.timers(node.timers())
			.build();
	}

	/**
	 * Return whether the web server evaluates what proxies tell, as Spring Boot decides
	 * it.
	 */
	private static boolean isForwardedNatively(Environment environment) {
		String strategy = environment.getProperty("server.forward-headers-strategy");
		if (strategy != null) {
			return strategy.trim().equalsIgnoreCase("native");
		}
		CloudPlatform platform = CloudPlatform.getActive(environment);
		return platform != null && platform.isUsingForwardHeaders();
	}

	@Bean
	HandlerMapping atmosphereRawDoorMapping(DoorContext context, ObjectProvider<DurableSessions> durable) {
		return RawDoor.mapping(context, durable.getIfAvailable());
	}

	@Bean
	HandlerMapping atmosphereUpgradeRequiredMapping(ChannelCatalog catalog) {
		return UpgradeRequired.forChannels(catalog, this.properties.websocket().path());
	}

	private static PrincipalExpiry earliest(List<PrincipalExpiry> expiries) {
		return (principal) -> expiries.stream()
			.map((expiry) -> expiry.expiresAt(principal))
			.filter(Objects::nonNull)
			.min(Comparator.naturalOrder())
			.orElse(null);
	}

	/**
	 * Tells of rules that nobody can meet. No error: nodes of one application may share
	 * their configuration, and not all of them have users.
	 */
	@Bean
	SmartInitializingSingleton atmosphereAuthorityCheck(ChannelCatalog catalog,
			ObjectProvider<ClientSecurity> security) {
		return () -> {
			List<String> patterns = catalog.all()
				.stream()
				.filter((options) -> options.subscribe().authority() != null
						|| options.clientPublish().authority() != null)
				.map(ChannelOptions::pattern)
				.toList();
			if (!patterns.isEmpty() && security.getIfAvailable() == null) {
				logger.warn("The rules of the channels " + patterns
						+ " name authorities, and nothing here knows who has"
						+ " them, so that nobody is let in. Add Spring Security, define a bean of type ClientSecurity, or"
						+ " change 'subscribe' and 'client-publish' of 'atmosphere.channels', or"
						+ " 'atmosphere.console.subscribe'");
			}
		};
	}

	@Bean
	SessionDrain atmosphereSessionDrain(HandshakeGate gate, SessionRegistry registry, AtmosphereScheduler scheduler,
			WriterPool writers) {
		Shutdown shutdown = this.properties.shutdown();
		return new SessionDrain(gate, registry, scheduler.executor(), shutdown.sliceSize(), shutdown.sliceInterval(),
				shutdown.timeout(), writers.guards());
	}

	/**
	 * The door for clients of the Centrifuge protocol.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnBooleanProperty(name = "atmosphere.centrifuge.enabled", matchIfMissing = true)
	static class CentrifugeConfiguration {

		@Bean
		CentrifugeDoor atmosphereCentrifugeDoor(DoorContext context, AtmosphereProperties properties) {
			return new CentrifugeDoor(context,
					new CentrifugeSettings(path(properties), properties.websocket().pingInterval()));
		}

		@Bean
		HandlerMapping atmosphereCentrifugeMapping(CentrifugeDoor door) {
			return door.mapping();
		}

		@Bean
		HandlerMapping atmosphereCentrifugeUpgradeRequiredMapping(AtmosphereProperties properties) {
			return UpgradeRequired.forPath(path(properties));
		}

		private static String path(AtmosphereProperties properties) {
			String configured = properties.centrifuge().path();
			return (configured != null) ? configured : properties.websocket().path() + "/connection/websocket";
		}

		@Bean
		HandlerMapping atmosphereClientScriptMapping(AtmosphereProperties properties) {
			return ClientScript.mapping(properties.websocket().path());
		}

	}

	/**
	 * Spring Security's firewall, which looks at a header when it is read, and that is in
	 * the doors.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(RequestRejectedException.class)
	static class FirewallConfiguration {

		@Bean
		HandshakeFailures atmosphereHandshakeFailures() {
			return RequestRejectedException.class::isInstance;
		}

	}

	/**
	 * Smaller buffers, most of which wait with their connection for something to happen.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(TomcatConnectorCustomizer.class)
	static class ConnectionBufferConfiguration {

		/** First, so that an application's own customizers have the last word. */
		@Bean
		@Order(Ordered.HIGHEST_PRECEDENCE)
		TomcatConnectorCustomizer atmosphereConnectionBuffers(AtmosphereProperties properties) {
			String size = Long.toString(properties.websocket().connectionBuffer().toBytes());
			return (connector) -> {
				if (!size.equals("0")) {
					connector.setProperty("socket.appReadBufSize", size);
					connector.setProperty("socket.appWriteBufSize", size);
				}
			};
		}

	}

	/**
	 * Tells how many connections Tomcat takes, and has.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass({ TomcatWebServer.class, AbstractProtocol.class })
	static class TomcatCapacityConfiguration {

		@Bean
		ServerCapacityListener atmosphereTomcatCapacity(ServerCapacity capacity, AtmosphereProperties properties) {
			return new ServerCapacityListener(capacity, properties.limits(), "server.tomcat.max-connections",
					TomcatConnections::of);
		}

	}

	/**
	 * Tells how many connections Jetty takes, and has.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass({ JettyWebServer.class, NetworkConnectionLimit.class })
	static class JettyCapacityConfiguration {

		@Bean
		ServerCapacityListener atmosphereJettyCapacity(ServerCapacity capacity, AtmosphereProperties properties) {
			return new ServerCapacityListener(capacity, properties.limits(), "server.jetty.max-connections",
					JettyConnections::of);
		}

	}

	/**
	 * Tomcat's sockets, if its classes are there; whether it is the container that runs
	 * shows at the handshake only.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass({ RequestFacade.class, InternalHttpUpgradeHandler.class })
	@ConditionalOnBooleanProperty(name = "atmosphere.websocket.direct-io", matchIfMissing = true)
	static class DirectIoConfiguration {

		@Bean(UPGRADE_STRATEGY)
		RequestUpgradeStrategy atmosphereUpgradeStrategy() {
			return new TomcatUpgradeStrategy(new DetachedUpgradeStrategy());
		}

	}

}
