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

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

import io.github.atmosphererelay.autoconfigure.AtmosphereProperties.Recovery;
import io.github.atmosphererelay.autoconfigure.AtmosphereProperties.Websocket;
import io.github.atmosphererelay.broadcast.Broadcaster;
import io.github.atmosphererelay.broadcast.internal.DefaultBroadcaster;
import io.github.atmosphererelay.broadcast.internal.PayloadEncoder;
import io.github.atmosphererelay.channel.internal.ChannelCatalog;
import io.github.atmosphererelay.channel.internal.ChannelOptions;
import io.github.atmosphererelay.cluster.Cluster;
import io.github.atmosphererelay.cluster.internal.ClusterUserDisconnector;
import io.github.atmosphererelay.endpoint.internal.ManagedServices;
import io.github.atmosphererelay.guard.Guards;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.node.internal.MessagingNode;
import io.github.atmosphererelay.node.internal.MessagingSettings;
import io.github.atmosphererelay.relay.ClusterRelay;
import io.github.atmosphererelay.relay.RelayCapability;
import io.github.atmosphererelay.security.ConfiguredAuthorizer;
import io.github.atmosphererelay.session.UserDisconnector;
import io.github.atmosphererelay.session.internal.Heartbeat;
import io.github.atmosphererelay.session.internal.LocalUserDisconnector;
import io.github.atmosphererelay.session.internal.NodeIdentity;
import io.github.atmosphererelay.session.internal.SessionRegistry;
import io.github.atmosphererelay.session.internal.SessionStatistics;
import io.github.atmosphererelay.session.internal.WriterPool;
import io.github.atmosphererelay.session.internal.WriterSettings;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingClass;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.task.SimpleAsyncTaskExecutorBuilder;
import org.springframework.boot.task.ThreadPoolTaskExecutorBuilder;
import org.springframework.boot.thread.Threading;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Fallback;
import org.springframework.context.annotation.Import;
import org.springframework.core.env.Environment;

/**
 * Auto-configuration of a node: its relay, its sessions and its {@link Broadcaster}.
 */
@AutoConfiguration(afterName = { "org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration",
		"org.springframework.boot.kafka.autoconfigure.KafkaAutoConfiguration",
		"org.springframework.boot.jackson.autoconfigure.JacksonAutoConfiguration" })
@ConditionalOnBooleanProperty(name = "atmosphere.enabled", matchIfMissing = true)
@EnableConfigurationProperties(AtmosphereProperties.class)
@Import({ RedisRelayConfiguration.class, KafkaRelayConfiguration.class, JdbcRelayConfiguration.class,
		HttpRelayConfiguration.class, PeerDiscoveryConfiguration.class, ClusterConfiguration.class,
		FeedsConfiguration.class, CacheBackChannelConfiguration.class, HttpForwardingConfiguration.class,
		PresenceConfiguration.class, ListeningConfiguration.class })
public final class AtmosphereAutoConfiguration {

	private static final Log logger = LogFactory.getLog(AtmosphereAutoConfiguration.class);

	static final String NO_NAME = "application";

	private final AtmosphereProperties properties;

	private final String clusterName;

	AtmosphereAutoConfiguration(AtmosphereProperties properties,
			@Value("${spring.application.name:" + NO_NAME + "}") String applicationName) {
		PropertyChecks.check(properties);
		this.properties = properties;
		this.clusterName = PropertyChecks.clusterName(properties, applicationName);
	}

	/**
	 * Cannot be replaced by a bean of the application: a node drops messages that carry
	 * its own id, so two nodes with the same id would drop each other's messages.
	 */
	@Bean
	NodeIdentity atmosphereNodeIdentity() {
		return NodeNames.identity(UUID.randomUUID(), this.properties.cluster().nodeName());
	}

	@Bean
	AtmosphereScheduler atmosphereScheduler() {
		return new AtmosphereScheduler();
	}

	@Bean
	@ConditionalOnMissingBean
	ClusterRelay atmosphereClusterRelay(NodeIdentity identity, ObjectProvider<RelayFactory> factories) {
		RelayNode node = new RelayNode(identity.id(), this.clusterName, new EnvelopeCodec(maxMessageSize()));
		ClusterRelay relay = new RelayChooser(factories.orderedStream().toList()).choose(this.properties.relay().type(),
				node);
		if (this.clusterName.equals(NO_NAME) && relay.capabilities().contains(RelayCapability.CLUSTERED)) {
			logger
				.warn("Neither 'atmosphere.cluster.name' nor 'spring.application.name' is set. All applications without"
						+ " a name that use the same broker form one cluster and receive each other's messages. Set one"
						+ " of the two properties");
		}
		return relay;
	}

	/**
	 * The channels of streams and feeds come first. The channels of the properties and of
	 * annotated endpoints follow. All are known before the node starts.
	 */
	@Bean
	ChannelCatalog atmosphereChannelCatalog(ObjectProvider<ManagedServices> services,
			ObjectProvider<FeedChannels> feeds, ObjectProvider<StreamChannels> streams) {
		ManagedServices endpoints = services.getIfAvailable();
		List<ChannelOptions> channels = new ArrayList<>();
		streams.ifAvailable((each) -> channels.addAll(each.options()));
		channels.addAll(feedChannels(feeds.getIfAvailable()));
		channels.addAll(ConfiguredChannels.of(this.properties.channels(), this.properties.console(),
				QueueDefaults.of(this.properties)));
		return new ChannelCatalog(channels, (endpoints != null) ? endpoints::channels : List::of);
	}

	private List<ChannelOptions> feedChannels(@Nullable FeedChannels feeds) {
		if (feeds != null) {
			return feeds.options();
		}
		if (!this.properties.feeds().isEmpty()) {
			throw new InvalidConfigurationPropertyValueException("atmosphere.feeds", this.properties.feeds(),
					"Feeds need atmosphere-relay-feeds, atmosphere-relay-kafka and spring-boot-starter-kafka on the classpath");
		}
		return List.of();
	}

	private int maxMessageSize() {
		return (int) this.properties.relay().maxMessageSize().toBytes();
	}

	private int channelsPerSession() {
		int configured = this.properties.limits().channelsPerSession();
		return (configured > 0) ? configured : Integer.MAX_VALUE;
	}

	@Bean
	@ConditionalOnMissingBean
	SessionRegistry atmosphereSessionRegistry() {
		return new SessionRegistry();
	}

	@Bean
	WriterPool atmosphereWriters(AtmosphereScheduler scheduler) {
		Websocket websocket = this.properties.websocket();
		Recovery recovery = this.properties.recovery();
		int shards = (websocket.writers() > 0) ? websocket.writers()
				: Math.min(64, Runtime.getRuntime().availableProcessors());
		return new WriterPool(
				new WriterSettings(shards, websocket.maxStuckWriters(), websocket.sendTimeout(),
						recovery.maxUnsent().toBytes(),
						Math.max(recovery.maxBytes().toBytes(), websocket.queue().maxBytes().toBytes())),
				new SessionStatistics(), scheduler.executor(), new Guards());
	}

	@Bean
	MessagingNode atmosphereMessagingNode(NodeIdentity identity, ClusterRelay relay, ChannelCatalog catalog,
			PayloadEncoder encoder, SessionRegistry registry, WriterPool writers, AtmosphereScheduler scheduler,
			ApplicationEventPublisher publisher, ListableBeanFactory beans, Environment environment,
			ObjectProvider<ThreadPoolTaskExecutorBuilder> pool,
			ObjectProvider<SimpleAsyncTaskExecutorBuilder> virtual) {
		return MessagingNode.builder()
			.identity(identity)
			.settings(messagingSettings())
			.relay(relay)
			.catalog(catalog)
			.encoder(encoder)
			.registry(registry)
			.writers(writers)
			.scheduler(scheduler.executor())
			.events(publisher::publishEvent)
			.extensions(new ApplicationExtensions(beans))
			.applicationThreads(Threading.VIRTUAL.isActive(environment)
					? new VirtualThreads(virtual.getIfUnique(SimpleAsyncTaskExecutorBuilder::new), "continuation")
					: PooledThreads.growing(pool.getIfUnique(ThreadPoolTaskExecutorBuilder::new), "continuation",
							this.properties.continuation().maxThreads()))
			.build();
	}

	private MessagingSettings messagingSettings() {
		AtmosphereProperties.Relay relay = this.properties.relay();
		Recovery recovery = this.properties.recovery();
		return MessagingSettings.builder(QueueDefaults.of(this.properties))
			.maxMessageSize(maxMessageSize())
			.probeInterval(relay.probeInterval())
			.probeTimeout(relay.probeTimeout())
			// The peers of the HTTP relay cannot call this node before its web server has
			// started
			.startTimeout((relay.type() != RelayType.HTTP) ? relay.startTimeout() : Duration.ZERO)
			.unsubscribeDelay(relay.unsubscribeDelay())
			.channelsPerSession(channelsPerSession())
			.recoveryLimit(recovery.maxMessages())
			.recoveryBytes(recovery.maxBytes().toBytes())
			.positionCheck(recovery.positionCheck())
			.build();
	}

	@Bean
	@ConditionalOnMissingBean(Broadcaster.class)
	DefaultBroadcaster atmosphereBroadcaster(MessagingNode node) {
		return node.broadcaster();
	}

	@Bean
	@ConditionalOnMissingBean
	UserDisconnector atmosphereUserDisconnector(SessionRegistry registry, Cluster cluster) {
		return new ClusterUserDisconnector(new LocalUserDisconnector(registry), cluster);
	}

	/**
	 * Applies the rules of {@code atmosphere.channels}. The node uses this bean if the
	 * application has no {@code ChannelAuthorizer}. An authorizer of the application can
	 * inject and call it. It is a fallback bean, so it never competes with the
	 * application's.
	 */
	@Bean
	@Fallback
	ConfiguredAuthorizer atmosphereConfiguredAuthorizer(MessagingNode node) {
		return node.clientMessages().configuredAuthorizer();
	}

	/**
	 * Checks the application's beans before anything starts, so that the failure names
	 * the beans.
	 */
	@Bean
	SmartInitializingSingleton atmosphereExtensionCheck(ListableBeanFactory beans) {
		return new ApplicationExtensions(beans)::check;
	}

	@Bean
	MessagingLifecycle atmosphereMessagingLifecycle(MessagingNode node, ClusterRelay relay, SessionRegistry registry,
			WriterPool writers, AtmosphereScheduler scheduler) {
		Websocket websocket = this.properties.websocket();
		return new MessagingLifecycle(
				node, relay, new Heartbeat(registry, writers.statistics(), scheduler.executor(),
						websocket.pingInterval(), websocket.pongTimeout(), writers.guards()),
				this.properties.relay().type() != null);
	}

	/**
	 * Encodes objects as JSON. Used if Jackson is on the classpath.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(JsonMapper.class)
	static class JsonPayloadConfiguration {

		@Bean
		@ConditionalOnMissingBean
		PayloadEncoder atmospherePayloadEncoder(ObjectProvider<JsonMapper> mapper) {
			return new PayloadEncoder(OptionalBeans.Json.mapper(mapper)::writeValueAsBytes);
		}

	}

	/**
	 * Encodes strings and bytes only. Used if Jackson is not on the classpath.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnMissingClass("tools.jackson.databind.json.JsonMapper")
	static class PlainPayloadConfiguration {

		@Bean
		@ConditionalOnMissingBean
		PayloadEncoder atmospherePayloadEncoder() {
			return new PayloadEncoder(null);
		}

	}

}
