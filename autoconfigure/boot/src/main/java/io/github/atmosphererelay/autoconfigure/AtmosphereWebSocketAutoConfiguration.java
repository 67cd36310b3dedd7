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
import io.github.atmosphererelay.door.internal.SharedHttpSessions;
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
import io.github.atmosphererelay.transport.http.internal.ResponseBreaker;
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
import org.springframework.context.annotation.Import;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.core.env.Environment;
import org.springframework.security.web.firewall.RequestRejectedException;
import org.springframework.web.servlet.DispatcherServlet;
import org.springframework.web.servlet.HandlerMapping;
import org.springframework.web.socket.WebSocketHandler;
import org.springframework.web.socket.server.RequestUpgradeStrategy;

/**
 * Auto-configuration of the raw and the Centrifuge endpoint for WebSocket clients.
 */
@AutoConfiguration(after = AtmosphereAutoConfiguration.class)
@ConditionalOnWebApplication(type = Type.SERVLET)
@ConditionalOnClass({ RawDoor.class, WebSocketHandler.class, ServerContainer.class, DispatcherServlet.class })
@ConditionalOnBean(MessagingNode.class)
@Import(HttpStreamsConfiguration.class)
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
	 * Runs before every filter that reads the request's parameters, and after the {@code
	 * ForwardedHeaderFilter}, which sets the client's address that a proxy has forwarded.
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
	 * This bean is also an {@code HttpSessionListener}, which Spring Boot registers with
	 * the servlet container, and Spring Session calls for its events.
	 */
	@Bean
	HttpSessionRegistry atmosphereHttpSessions(HandshakeGate gate, TokenExecutor executor,
			ObjectProvider<SharedHttpSessions> shared) {
		return new HttpSessionRegistry(gate, this.properties.security().keepHttpSessionAlive(), executor.executor(),
				shared::getIfAvailable);
	}

	@Bean
	DoorContext atmosphereDoorContext(MessagingNode node, PresenceService presence, HandshakeGate gate,
			RefusalResponder refusals, ServerCapacity capacity, Environment environment, TokenExecutor tokenExecutor,
			ObjectProvider<TokenAuthenticator> tokens, ObjectProvider<PrincipalExpiry> expiry,
			HttpSessionRegistry httpSessions, ObjectProvider<HandshakeFailures> failures,
			@Qualifier(UPGRADE_STRATEGY) ObjectProvider<RequestUpgradeStrategy> upgradeStrategy,
			ObjectProvider<RoutedClients> routed, ObjectProvider<ResponseBreaker> breaker) {
		RoutedClients clients = routed.getIfAvailable();
		TokenAuthenticator application = OptionalBeans.single(tokens, TokenAuthenticator.class);
		Websocket websocket = this.properties.websocket();
		Limits limits = this.properties.limits();
		LimitSettings limitSettings = new LimitSettings(limits.sessionsPerUser(), limits.sessionsPerAddress(),
				limits.userMessagesPerSecond(), limits.userBurst(), limits.emptyChannelsPerMinute());
		WebSocketSettings settings = new WebSocketSettings(websocket.path(), (int) websocket.maxMessageSize().toBytes(),
				websocket.messagesPerSecond(), websocket.burst(), websocket.sendTimeout(), websocket.compression(),
				limitSettings);
		ClientAuthentication authentication = new ClientAuthentication(
				(clients != null) ? clients.tokens(application) : application,
				earliest(expiry.orderedStream().toList()), this.properties.security().tokenTimeout(),
				tokenExecutor.executor());
		HandshakeSupport handshakes = new HandshakeSupport(websocket.allowedOrigins(), gate, capacity,
				new ClientAddresses(isForwardedNatively(environment)), refusals,
				failures.getIfAvailable(() -> HandshakeFailures.NONE),
				upgradeStrategy.getIfAvailable(DetachedUpgradeStrategy::new),
				(clients != null) ? clients::nodeAddresses : List::of);
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
			.breaker(breaker.getIfAvailable(() -> ResponseBreaker.NONE))
			.build();
	}

	/**
	 * Return whether the web server itself evaluates the headers of proxies. The rule is
	 * the one of Spring Boot: {@code server.forward-headers-strategy}, or else the cloud
	 * platform.
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
	RawDoor atmosphereRawDoor(DoorContext context, ObjectProvider<DurableSessions> durable) {
		return new RawDoor(context, durable.getIfAvailable());
	}

	@Bean
	HandlerMapping atmosphereRawDoorMapping(RawDoor door) {
		return door.mapping();
	}

	@Bean
	HandlerMapping atmosphereUpgradeRequiredMapping(ChannelCatalog catalog) {
		return UpgradeRequired.forChannels(catalog, this.properties.websocket().path());
	}

	static PrincipalExpiry earliest(List<PrincipalExpiry> expiries) {
		return (principal) -> expiries.stream()
			.map((expiry) -> expiry.expiresAt(principal))
			.filter(Objects::nonNull)
			.min(Comparator.naturalOrder())
			.orElse(null);
	}

	/**
	 * Warns of channel rules that no client can satisfy. This is no error, because nodes
	 * of one application may share their configuration and not all of them have users.
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
						+ " name authorities, but no bean of type ClientSecurity can tell who has them, so no client"
						+ " may subscribe or publish there. Add Spring Security, define a bean of type ClientSecurity,"
						+ " or change 'subscribe' and 'client-publish' of 'atmosphere.channels', or"
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
	 * Serves clients of the Centrifuge protocol.
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
	 * Recognizes the exceptions of Spring Security's firewall. The firewall checks a
	 * header only when it is read, and the handshake reads headers.
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
	 * Makes Tomcat's buffers smaller, because most connections are idle most of the time
	 * and keep their buffers.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(TomcatConnectorCustomizer.class)
	static class ConnectionBufferConfiguration {

		/** What Tomcat has by itself for the trailing headers of a request. */
		private static final long MAX_TRAILERS = 8192;

		/**
		 * Runs first, so that the application's own customizers can override the sizes.
		 * Tomcat keeps a buffer for trailing headers for each request that it serves, and
		 * so for each stream, although few requests have any.
		 */
		@Bean
		@Order(Ordered.HIGHEST_PRECEDENCE)
		TomcatConnectorCustomizer atmosphereConnectionBuffers(AtmosphereProperties properties) {
			long bytes = properties.websocket().connectionBuffer().toBytes();
			String size = Long.toString(bytes);
			return (connector) -> {
				if (bytes != 0) {
					connector.setProperty("socket.appReadBufSize", size);
					connector.setProperty("socket.appWriteBufSize", size);
					connector.setProperty("maxTrailerSize", Long.toString(Math.min(bytes, MAX_TRAILERS)));
				}
			};
		}

	}

	/**
	 * Tells {@link ServerCapacity} how many connections Tomcat accepts and how many are
	 * open.
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
	 * Tells {@link ServerCapacity} how many connections Jetty accepts and how many are
	 * open.
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
	 * Uses Tomcat's sockets directly, if Tomcat's classes are on the classpath. Whether
	 * Tomcat is the server that runs is only known at the handshake.
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
