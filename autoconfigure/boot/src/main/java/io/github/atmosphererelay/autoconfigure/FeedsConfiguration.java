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

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

import io.github.atmosphererelay.actuate.internal.FeedOperations;
import io.github.atmosphererelay.actuate.internal.HealthProblems;
import io.github.atmosphererelay.broadcast.internal.PayloadEncoder;
import io.github.atmosphererelay.feed.FeedMapping;
import io.github.atmosphererelay.feed.FeedPartitioner;
import io.github.atmosphererelay.feed.internal.Feed;
import io.github.atmosphererelay.feed.internal.FeedClients;
import io.github.atmosphererelay.feed.internal.FeedExtensions;
import io.github.atmosphererelay.feed.internal.FeedSettings;
import io.github.atmosphererelay.feed.internal.Feeds;
import io.github.atmosphererelay.feed.internal.Redistribution;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.node.internal.MessagingNode;
import io.github.atmosphererelay.relay.kafka.internal.KafkaClientFactory;
import io.github.atmosphererelay.relay.kafka.internal.KafkaRelaySettings;
import io.github.atmosphererelay.session.internal.NodeIdentity;
import io.github.atmosphererelay.state.StateStore;
import io.github.atmosphererelay.state.internal.MemoryStateStore;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.NoSuchBeanDefinitionException;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.kafka.core.ConsumerFactory;
import org.springframework.kafka.core.DefaultKafkaProducerFactory;
import org.springframework.kafka.core.KafkaAdmin;
import org.springframework.kafka.core.KafkaTemplate;
import org.springframework.kafka.core.ProducerFactory;
import org.springframework.util.function.SingletonSupplier;

/**
 * Creates the feeds of {@code atmosphere.feeds} if Kafka is on the classpath.
 */
@Configuration(proxyBeanMethods = false)
@ConditionalOnClass({ Feeds.class, KafkaClientFactory.class, KafkaTemplate.class })
@Import(RedistributionConfiguration.class)
class FeedsConfiguration {

	private static final FeedPartitioner MURMUR2 = (key, partitions) -> Utils.toPositive(Utils.murmur2(key))
			% partitions;

	@Bean
	FeedClients atmosphereFeedClients(AtmosphereProperties properties, NodeIdentity identity,
			ObjectProvider<ProducerFactory<?, ?>> producers, ObjectProvider<ConsumerFactory<?, ?>> consumers,
			ObjectProvider<KafkaAdmin> admins) {
		return new SpringClients(SingletonSupplier.of(
				() -> new KafkaClientFactory(one(producers), one(consumers), one(admins).getConfigurationProperties(),
						KafkaRelaySettings
							.builder(identity.id(), "feeds",
									new EnvelopeCodec((int) properties.relay().maxMessageSize().toBytes()))
							.build())));
	}

	@Bean
	Feeds atmosphereFeeds(AtmosphereProperties properties, FeedClients clients,
			ObjectProvider<Redistribution> redistribution) {
		List<FeedSettings> settings = ConfiguredFeeds.settings(properties);
		boolean everyone = settings.stream().allMatch(FeedSettings::isForEveryone);
		return new Feeds(settings, clients, everyone ? null : redistribution.getObject());
	}

	private static <T> T one(ObjectProvider<T> beans) {
		T bean = beans.getIfUnique();
		if (bean == null) {
			throw new InvalidConfigurationPropertyValueException("atmosphere.feeds", null,
					"Feeds use the connection of 'spring.kafka': there must be one ProducerFactory, ConsumerFactory and"
							+ " KafkaAdmin, or one that is primary. Add spring-boot-starter-kafka");
		}
		return bean;
	}

	@Bean
	FeedChannels atmosphereFeedChannels(Feeds feeds, AtmosphereProperties properties) {
		return () -> ConfiguredFeeds.channels(feeds.all(), properties);
	}

	@Bean
	HealthProblems atmosphereFeedProblems(Feeds feeds) {
		return new HealthProblems("feeds", () -> {
			Map<String, String> problems = new LinkedHashMap<>();
			for (Feed feed : feeds.all()) {
				String problem = feed.problem();
				if (problem != null) {
					problems.put(feed.name(), problem);
				}
			}
			return problems;
		});
	}

	@Bean
	FeedOperations atmosphereFeedOperations(Feeds feeds) {
		return new FeedOperations(feeds);
	}

	/**
	 * Reads feeds after messaging has started and before the web server accepts clients.
	 */
	@Bean
	PhasedLifecycle atmosphereFeedsLifecycle(Feeds feeds, MessagingNode node, AtmosphereProperties properties,
			BeanFactory beans, PayloadEncoder encoder) {
		return new PhasedLifecycle(MessagingLifecycle.PHASE + 1, () -> feeds.start(node.identity().id(), node.sources(),
				(settings) -> extensions(settings, properties, beans, encoder), node.monitor().guards().of(Part.FEEDS)),
				feeds::stop);
	}

	private static FeedExtensions extensions(FeedSettings settings, AtmosphereProperties properties, BeanFactory beans,
			PayloadEncoder encoder) {
		AtmosphereProperties.Feed feed = properties.feeds()
			.get(Integer.parseInt(settings.property().replaceAll("\\D", "")));
		FeedMapping mapping = bean(beans, settings, "mapping", feed.mapping(), FeedMapping.class);
		Deserializer<?> deserializer = bean(beans, settings, "deserializer", feed.deserializer(), Deserializer.class);
		FeedPartitioner partitioner = bean(beans, settings, "partitioner", feed.partitioner(), FeedPartitioner.class);
		return new FeedExtensions(mapping,
				(deserializer != null) ? new DeserializedValues(deserializer, encoder) : null,
				(partitioner != null) ? partitioner : MURMUR2, settings.hasSnapshots() ? states(beans) : null);
	}

	/**
	 * Return where current values find room that find none in memory. Another place in
	 * memory would be no help.
	 */
	private static @Nullable StateStore states(BeanFactory beans) {
		StateStore store = OptionalBeans.single(beans.getBeanProvider(StateStore.class), StateStore.class);
		return (store instanceof MemoryStateStore) ? null : store;
	}

	private static <T> @Nullable T bean(BeanFactory beans, FeedSettings settings, String property,
			@Nullable String name, Class<T> type) {
		if (name == null || name.isBlank()) {
			return null;
		}
		try {
			return beans.getBean(name, type);
		}
		catch (NoSuchBeanDefinitionException ex) {
			throw new InvalidConfigurationPropertyValueException(settings.property() + "." + property, name,
					"There is no bean of the type " + type.getSimpleName() + " with this name");
		}
	}

	/**
	 * Kafka clients with the application's connection.
	 */
	private record SpringClients(Supplier<KafkaClientFactory> factory) implements FeedClients {

		@Override
		public boolean isReachable() {
			return this.factory.get().isReachable();
		}

		@Override
		public String servers() {
			return this.factory.get().servers();
		}

		@Override
		public Admin admin() {
			return this.factory.get().admin();
		}

		@Override
		public DefaultKafkaProducerFactory<byte[], byte[]> producers() {
			return this.factory.get().producers();
		}

		@Override
		public Consumer<byte[], byte[]> topicReader() {
			return this.factory.get().topicReader();
		}

		@Override
		public Consumer<byte[], byte[]> groupMember(String group, @Nullable String instance) {
			return this.factory.get().topicGroupMember(group, instance);
		}

	}

}
