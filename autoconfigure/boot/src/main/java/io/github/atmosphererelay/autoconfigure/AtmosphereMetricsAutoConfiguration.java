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

import io.github.atmosphererelay.actuate.internal.AtmosphereMeters;
import io.github.atmosphererelay.actuate.internal.FeedMeters;
import io.github.atmosphererelay.actuate.internal.GroupMeters;
import io.github.atmosphererelay.actuate.internal.ListeningMeters;
import io.github.atmosphererelay.actuate.internal.PollMeters;
import io.github.atmosphererelay.actuate.internal.StreamMeters;
import io.github.atmosphererelay.cluster.internal.DefaultCluster;
import io.github.atmosphererelay.door.atmosphere.internal.AtmosphereDoor;
import io.github.atmosphererelay.durable.internal.DurableSessions;
import io.github.atmosphererelay.endpoint.internal.GroupListeners;
import io.github.atmosphererelay.endpoint.internal.ManagedServices;
import io.github.atmosphererelay.feed.internal.Feeds;
import io.github.atmosphererelay.listening.internal.BucketAgreement;
import io.github.atmosphererelay.listening.internal.DefaultChannelSubscriber;
import io.github.atmosphererelay.node.internal.MessagingNode;
import io.github.atmosphererelay.presence.internal.PresenceService;
import io.github.atmosphererelay.stream.internal.Streams;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import jakarta.servlet.http.HttpServletRequest;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.kafka.core.KafkaTemplate;

/**
 * Auto-configuration of the node's meters.
 */
@AutoConfiguration(
		after = { AtmosphereAutoConfiguration.class, AtmosphereWebSocketAutoConfiguration.class,
				AtmosphereStreamsAutoConfiguration.class },
		afterName = { "org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration",
				"org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration" })
@ConditionalOnClass(MeterRegistry.class)
@ConditionalOnBean({ MeterRegistry.class, MessagingNode.class })
public final class AtmosphereMetricsAutoConfiguration {

	@Bean
	@ConditionalOnMissingBean
	AtmosphereMeters atmosphereMeters(MessagingNode node, DefaultCluster cluster, PresenceService presence,
			ObjectProvider<ManagedServices> services, ObjectProvider<DurableSessions> durable) {
		AtmosphereMeters.Builder meters = AtmosphereMeters.builder()
			.guards(node.timers().guards())
			.registry(node.registry())
			.writers(node.writers())
			.statistics(node.statistics())
			.futures(node.futures())
			.monitor(node.monitor())
			.interest(node.interest())
			.cluster(cluster)
			.presence(presence);
		services.ifAvailable((managed) -> meters.handlers(managed.statistics()));
		durable.ifAvailable((sessions) -> meters.durable(sessions.statistics()));
		return meters.build();
	}

	@Bean
	@ConditionalOnMissingBean
	ListeningMeters atmosphereListeningMeters(DefaultChannelSubscriber subscriber, MessagingNode node,
			BucketAgreement agreement) {
		return new ListeningMeters(subscriber.statistics(), node.statistics().buckets(),
				node.broadcaster()::waitingAnnouncements, agreement);
	}

	/**
	 * Registers the meters of consumer groups, which are known when all beans exist.
	 */
	@Bean
	PhasedLifecycle atmosphereGroupMeters(MeterRegistry registry, ObjectProvider<GroupListeners> groups) {
		return new PhasedLifecycle(ListeningConfiguration.PHASE,
				() -> groups.ifAvailable((listeners) -> listeners.runners()
					.all()
					.forEach((group) -> new GroupMeters(group.name(), group.statistics()).bindTo(registry))),
				() -> {
				});
	}

	/**
	 * The meters of clients that poll, whose module may be absent.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass({ AtmosphereDoor.class, HttpServletRequest.class })
	@ConditionalOnBean(type = "io.github.atmosphererelay.door.atmosphere.internal.AtmosphereDoor")
	static class PollMetersConfiguration {

		@Bean
		PollMeters atmospherePollMeters(AtmosphereDoor door) {
			return new PollMeters(door);
		}

	}

	/**
	 * The meters of feeds, whose module may be absent.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass({ Feeds.class, KafkaTemplate.class })
	@ConditionalOnBean(type = "io.github.atmosphererelay.feed.internal.Feeds")
	static class FeedMetersConfiguration {

		@Bean
		MeterBinder atmosphereFeedMeters(Feeds feeds) {
			return (registry) -> feeds.all().forEach((feed) -> new FeedMeters(feed).bindTo(registry));
		}

	}

	/**
	 * The meters of reducers and streams, whose module may be absent.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass({ Streams.class, KafkaTemplate.class })
	@ConditionalOnBean(type = "io.github.atmosphererelay.stream.internal.Streams")
	static class StreamMetersConfiguration {

		@Bean
		StreamMeters atmosphereStreamMeters(Streams streams) {
			return new StreamMeters(streams);
		}

	}

}
