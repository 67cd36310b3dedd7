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
import java.util.List;

import io.github.atmosphererelay.actuate.internal.HealthProblems;
import io.github.atmosphererelay.cluster.Cluster;
import io.github.atmosphererelay.event.ChannelSubscribed;
import io.github.atmosphererelay.feed.internal.FeedClients;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.node.internal.MessagingNode;
import io.github.atmosphererelay.state.StateStore;
import io.github.atmosphererelay.stream.Reducer;
import io.github.atmosphererelay.stream.http.internal.StreamApi;
import io.github.atmosphererelay.stream.internal.StreamNode;
import io.github.atmosphererelay.stream.internal.StreamSettings;
import io.github.atmosphererelay.stream.internal.Streams;
import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication.Type;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.event.EventListener;
import org.springframework.kafka.core.KafkaTemplate;
import org.springframework.web.servlet.DispatcherServlet;
import org.springframework.web.servlet.function.RouterFunction;
import org.springframework.web.servlet.function.ServerResponse;

/**
 * Auto-configuration of reducers, which are beans of the application, and of the streams
 * that clients make of them.
 */
@AutoConfiguration(after = { AtmosphereAutoConfiguration.class, AtmosphereStateAutoConfiguration.class })
@ConditionalOnClass({ Streams.class, FeedClients.class, KafkaTemplate.class, JsonMapper.class })
@ConditionalOnBean({ Reducer.class, MessagingNode.class, FeedClients.class })
public final class AtmosphereStreamsAutoConfiguration {

	private static final Duration PUBLISH = Duration.ofSeconds(5);

	@Bean
	Streams atmosphereStreams(ObjectProvider<Reducer<?, ?>> reducers, AtmosphereProperties properties,
			ObjectProvider<JsonMapper> mappers,
			@Value("${spring.application.name:" + AtmosphereAutoConfiguration.NO_NAME + "}") String name) {
		AtmosphereProperties.Streams streams = properties.streams();
		List<Reducer<?, ?>> all = reducers.orderedStream().toList();
		return new Streams(all, new StreamSettings(streams.reduce(), streams.consumers(), streams.instance(),
				PropertyChecks.clusterName(properties, name), streams.begin() == StreamBegin.AUTOMATIC, streams.grace(),
				streams.maxStreams(), streams.maxStreamsPerUser(), streams.maxKeysPerStream(), streams.maxKeys(),
				streams.cacheBytes().toBytes(), PUBLISH, (int) properties.relay().maxMessageSize().toBytes(),
				streams.snapshotMaxAge(), streams.maxSnapshotBytes().toBytes()), OptionalBeans.Json.mapper(mappers));
	}

	@Bean
	StreamChannels atmosphereStreamChannels(Streams streams, AtmosphereProperties properties) {
		return () -> streams.channels(QueueDefaults.of(properties));
	}

	/**
	 * Runs the reducers after messaging has started and before the web server accepts
	 * clients.
	 */
	@Bean
	PhasedLifecycle atmosphereStreamsLifecycle(Streams streams, MessagingNode node, FeedClients clients,
			ObjectProvider<StateStore> stores, ObjectProvider<Cluster> clusters, AtmosphereProperties properties) {
		StateStore store = properties.streams().reduce() ? required(OptionalBeans.single(stores, StateStore.class))
				: null;
		StreamNode parts = new StreamNode(node.identity(), node.broadcaster(), node.interest(), node.taps(),
				node.sources(), node.monitor().guards().of(Part.STREAMS));
		return new PhasedLifecycle(MessagingLifecycle.PHASE + 1,
				() -> streams.start(parts, clients, store, () -> FeedMembership.alive(clusters)), streams::stop);
	}

	private static StateStore required(@Nullable StateStore store) {
		if (store == null) {
			throw new InvalidConfigurationPropertyValueException(OnStateStore.PROPERTY, null,
					"Reducers keep their states in a store: set this property to redis or jdbc, or to memory if this"
							+ " is the only process, or define a bean of type StateStore. A process that does not"
							+ " reduce, with 'atmosphere.streams.reduce' false, needs none");
		}
		return store;
	}

	@Bean
	HealthProblems atmosphereReducerProblems(Streams streams) {
		return new HealthProblems("reducers", streams::problems);
	}

	@Bean
	Subscriptions atmosphereStreamSubscriptions(Streams streams) {
		return new Subscriptions(streams);
	}

	/**
	 * Tells the streams of their subscribers.
	 *
	 * @param streams the streams
	 */
	record Subscriptions(Streams streams) {

		@EventListener
		void subscribed(ChannelSubscribed event) {
			this.streams.subscribed(event.channel());
		}

	}

	/**
	 * The API by which clients make streams.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnWebApplication(type = Type.SERVLET)
	@ConditionalOnClass({ DispatcherServlet.class, HttpServletRequest.class })
	static class ApiConfiguration {

		@Bean
		RouterFunction<ServerResponse> atmosphereStreamApi(Streams streams, AtmosphereProperties properties) {
			return StreamApi.routes(properties.websocket().path(), streams::control, streams.refusals(),
					properties.streams().snapshotMaxAge());
		}

	}

}
