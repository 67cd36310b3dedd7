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

import io.github.atmosphererelay.application.internal.ApplicationThreads;
import io.github.atmosphererelay.endpoint.internal.ChannelListeners;
import io.github.atmosphererelay.endpoint.internal.EndpointSettings;
import io.github.atmosphererelay.endpoint.internal.GroupListeners;
import io.github.atmosphererelay.endpoint.internal.ListenerSupport;
import io.github.atmosphererelay.endpoint.internal.ManagedServices;
import io.github.atmosphererelay.group.internal.GroupSettings;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.listening.internal.DefaultChannelSubscriber;
import io.github.atmosphererelay.node.internal.MessagingNode;
import io.github.atmosphererelay.relay.ClusterRelay;
import io.github.atmosphererelay.relay.GroupTransactions;
import io.github.atmosphererelay.session.internal.WriterPool;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.task.SimpleAsyncTaskExecutorBuilder;
import org.springframework.boot.task.ThreadPoolTaskExecutorBuilder;
import org.springframework.boot.thread.Threading;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.core.env.Environment;

/**
 * Auto-configuration of annotated endpoints and of interceptors.
 */
@AutoConfiguration(after = AtmosphereAutoConfiguration.class)
@ConditionalOnBean(MessagingNode.class)
public final class AtmosphereManagedServiceAutoConfiguration {

	private final AtmosphereProperties.Endpoint properties;

	AtmosphereManagedServiceAutoConfiguration(AtmosphereProperties properties) {
		this.properties = properties.endpoint();
	}

	@Bean
	ManagedServices atmosphereManagedServices(WriterPool writers, AtmosphereProperties all, Environment environment,
			ObjectProvider<ThreadPoolTaskExecutorBuilder> pool,
			ObjectProvider<SimpleAsyncTaskExecutorBuilder> virtual) {
		ApplicationThreads threads = Threading.VIRTUAL.isActive(environment)
				? new VirtualThreads(virtual.getIfUnique(SimpleAsyncTaskExecutorBuilder::new), "handler")
				: PooledThreads.fixed(pool.getIfUnique(ThreadPoolTaskExecutorBuilder::new), "handler",
						this.properties.threads());
		return new ManagedServices(new EndpointSettings(this.properties.maxQueuedPerSession(),
				this.properties.maxQueuedBytesPerSession().toBytes(), this.properties.maxQueued(),
				this.properties.maxQueuedBytes().toBytes(), this.properties.drainTimeout(), QueueDefaults.of(all)),
				threads, writers.guards().of(Part.HANDLERS));
	}

	@Bean
	ListenerSupport atmosphereListenerSupport(MessagingNode node, DefaultChannelSubscriber subscriber) {
		return new ListenerSupport(node.futures(), node.timers(), node.events()::publish, subscriber.statistics());
	}

	@Bean
	GroupListeners atmosphereGroupListeners(MessagingNode node, ClusterRelay relay, ListenerSupport support,
			AtmosphereProperties all, Environment environment, ObjectProvider<ThreadPoolTaskExecutorBuilder> pool,
			ObjectProvider<SimpleAsyncTaskExecutorBuilder> virtual, ObjectProvider<GroupTransactions> transactions) {
		AtmosphereProperties.Groups groups = all.groups();
		return new GroupListeners(relay, node.catalog(),
				new GroupSettings(groups.threads(), groups.maxAttempts(), groups.retryDelay(), groups.maxRetryDelay(),
						groups.maxParked(), groups
							.maxBuffered(),
						groups.maxBufferedBytes().toBytes(), this.properties.drainTimeout()),
				support,
				() -> Threading.VIRTUAL.isActive(environment)
						? new VirtualThreads(virtual.getIfUnique(SimpleAsyncTaskExecutorBuilder::new), "group")
						: PooledThreads.fixed(pool.getIfUnique(ThreadPoolTaskExecutorBuilder::new), "group",
								groups.threads()),
				transactions::getIfAvailable);
	}

	@Bean
	ChannelListeners atmosphereChannelListeners(DefaultChannelSubscriber subscriber, ListenerSupport support,
			GroupListeners groups) {
		return new ChannelListeners(subscriber, support, groups);
	}

	/**
	 * Joins consumer groups after the node's messaging has started, and leaves them
	 * before it stops, so that handlers can still publish.
	 */
	@Bean
	PhasedLifecycle atmosphereGroupListenersLifecycle(GroupListeners groups) {
		return new PhasedLifecycle(ListeningConfiguration.PHASE, groups::start, groups::stop);
	}

	/**
	 * Starts listeners after the node's messaging and before the web server. They end
	 * with the streams that they listen to.
	 */
	@Bean
	PhasedLifecycle atmosphereChannelListenersLifecycle(ChannelListeners listeners) {
		return new PhasedLifecycle(ListeningConfiguration.PHASE, listeners::start, listeners::stop);
	}

	@Bean
	ManagedServicesRegistrar atmosphereManagedServicesRegistrar(MessagingNode node, ManagedServices services,
			ChannelListeners listeners, ConfigurableApplicationContext context) {
		return new ManagedServicesRegistrar(node.catalog(), node.clientContext(), node.broadcaster(), services,
				listeners, context.getBeanFactory());
	}

	/**
	 * Starts annotated endpoints after the node's messaging and before the web server.
	 * Stops them in reverse order: after the last client has left, and while the node can
	 * still send their messages.
	 */
	@Bean
	PhasedLifecycle atmosphereManagedServicesLifecycle(ManagedServices services) {
		return new PhasedLifecycle(MessagingLifecycle.PHASE + 512, services::start, services::stop);
	}

}
