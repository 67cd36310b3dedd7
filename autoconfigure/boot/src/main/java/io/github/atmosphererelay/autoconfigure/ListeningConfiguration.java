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

import io.github.atmosphererelay.cluster.internal.DefaultCluster;
import io.github.atmosphererelay.listening.FluxChannelSubscriber;
import io.github.atmosphererelay.listening.internal.BucketAgreement;
import io.github.atmosphererelay.listening.internal.DefaultChannelSubscriber;
import io.github.atmosphererelay.listening.internal.ListeningContext;
import io.github.atmosphererelay.listening.internal.ListeningStatistics;
import io.github.atmosphererelay.listening.internal.RecentChannelsQuestion;
import io.github.atmosphererelay.node.internal.MessagingNode;
import reactor.adapter.JdkFlowAdapter;

import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * Configures channels as a source for the application.
 */
@Configuration(proxyBeanMethods = false)
class ListeningConfiguration {

	static final int PHASE = MessagingLifecycle.PHASE + 768;

	@Bean
	DefaultChannelSubscriber atmosphereChannelSubscriber(MessagingNode node, DefaultCluster cluster) {
		return new DefaultChannelSubscriber(node.catalog(),
				new ListeningContext(node.futures(), node.timers(), node.taps(), node.interest(), node.followers(),
						node.logs(), (age) -> RecentChannelsQuestion.ask(cluster, age), new ListeningStatistics()));
	}

	@Bean
	RecentChannelsQuestion atmosphereRecentChannelsQuestion(MessagingNode node) {
		return new RecentChannelsQuestion(node.broadcaster());
	}

	@Bean
	BucketAgreement atmosphereBucketAgreement(MessagingNode node) {
		return new BucketAgreement(node.catalog());
	}

	/**
	 * When a node has joined, compares the number of buckets of its channels with this
	 * node's. When a node has left, tells the subscribers by pattern.
	 */
	@Bean
	BucketAgreementLifecycle atmosphereBucketAgreementLifecycle(MessagingNode node, DefaultCluster cluster,
			BucketAgreement agreement) {
		return new BucketAgreementLifecycle(node.timers(), cluster, agreement, node.taps());
	}

	/**
	 * Starts subscribers after the node's messaging and before the web server. Stops
	 * those that still run before the messaging stops: if the start of the application
	 * fails halfway, for example because the port is in use, the bean below has not
	 * started, and so is not stopped either.
	 */
	@Bean
	PhasedLifecycle atmosphereListeningStart(DefaultChannelSubscriber subscriber, AtmosphereProperties properties) {
		return new PhasedLifecycle(PHASE, subscriber::start,
				() -> subscriber.stop(properties.endpoint().drainTimeout()));
	}

	/**
	 * Stops subscribers first of all, before the web server waits for responses: some of
	 * these may be fed by a subscriber, and end with it.
	 */
	@Bean
	PhasedLifecycle atmosphereListeningStop(DefaultChannelSubscriber subscriber, AtmosphereProperties properties) {
		return new PhasedLifecycle(SmartLifecycle.DEFAULT_PHASE, () -> {
		}, () -> subscriber.stop(properties.endpoint().drainTimeout()));
	}

	/**
	 * For applications that use Reactor.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(JdkFlowAdapter.class)
	static class ReactorConfiguration {

		@Bean
		@ConditionalOnMissingBean
		FluxChannelSubscriber atmosphereFluxChannelSubscriber(DefaultChannelSubscriber subscriber) {
			return new FluxChannelSubscriber(subscriber);
		}

	}

}
