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

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

import io.github.atmosphererelay.broadcast.OutboundInterceptor;
import io.github.atmosphererelay.broadcast.internal.PublishingTransactions;
import io.github.atmosphererelay.cluster.internal.DefaultCluster;
import io.github.atmosphererelay.delivery.internal.DeliveryListener;
import io.github.atmosphererelay.endpoint.internal.ManagedServices;
import io.github.atmosphererelay.inbound.ClientCallHandler;
import io.github.atmosphererelay.inbound.ClientMessageHandler;
import io.github.atmosphererelay.inbound.ClientSendHandler;
import io.github.atmosphererelay.inbound.InboundInterceptor;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.node.internal.ControlListener;
import io.github.atmosphererelay.node.internal.NodeExtensions;
import io.github.atmosphererelay.presence.PresenceAttributes;
import io.github.atmosphererelay.presence.internal.PresenceService;
import io.github.atmosphererelay.security.ChannelAuthorizer;
import io.github.atmosphererelay.security.ClientSecurity;
import io.github.atmosphererelay.session.ClientSession;
import io.github.atmosphererelay.session.internal.SubscriptionListener;
import io.github.atmosphererelay.subscription.InitialChannels;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.ListableBeanFactory;

/**
 * Looks up the application's beans that extend the node, such as interceptors,
 * authorizers and listeners, when the node asks for them. Message handlers defined as
 * beans come before annotated endpoints.
 */
final class ApplicationExtensions implements NodeExtensions {

	private final ListableBeanFactory beans;

	ApplicationExtensions(ListableBeanFactory beans) {
		this.beans = beans;
	}

	@Override
	public List<InboundInterceptor> inboundInterceptors() {
		return this.beans.getBeanProvider(InboundInterceptor.class).orderedStream().toList();
	}

	@Override
	public List<OutboundInterceptor> outboundInterceptors() {
		return this.beans.getBeanProvider(OutboundInterceptor.class).orderedStream().toList();
	}

	@Override
	public @Nullable ChannelAuthorizer authorizer() {
		return single(ChannelAuthorizer.class);
	}

	@Override
	public List<ClientMessageHandler> messageHandlers() {
		return Stream
			.concat(this.beans.getBeanProvider(ClientMessageHandler.class).orderedStream(),
					endpoints().map(ManagedServices::messageHandler).flatMap(Stream::ofNullable))
			.toList();
	}

	@Override
	public @Nullable ClientCallHandler callHandler() {
		ClientCallHandler own = single(ClientCallHandler.class);
		ClientCallHandler endpoints = endpoints().map(ManagedServices::callHandler)
			.flatMap(Stream::ofNullable)
			.findFirst()
			.orElse(null);
		if (own == null || endpoints == null) {
			return (own != null) ? own : endpoints;
		}
		return new ClientCallHandler() {

			@Override
			public boolean handles(String method) {
				return own.handles(method) || endpoints.handles(method);
			}

			@Override
			public CompletableFuture<@Nullable Payload> call(ClientSession session, String method, Payload payload) {
				return (own.handles(method) ? own : endpoints).call(session, method, payload);
			}

		};
	}

	private Stream<ManagedServices> endpoints() {
		return this.beans.getBeanProvider(ManagedServices.class).stream();
	}

	@Override
	public @Nullable ClientSendHandler sendHandler() {
		return single(ClientSendHandler.class);
	}

	@Override
	public @Nullable ClientSecurity clientSecurity() {
		return single(ClientSecurity.class);
	}

	@Override
	public @Nullable InitialChannels initialChannels() {
		return single(InitialChannels.class);
	}

	@Override
	public PublishingTransactions publishingTransactions() {
		return this.beans.getBeanProvider(PublishingTransactions.class)
			.getIfAvailable(() -> PublishingTransactions.NONE);
	}

	@Override
	public @Nullable ControlListener controlListener() {
		DefaultCluster cluster = this.beans.getBeanProvider(DefaultCluster.class).getIfAvailable();
		return (cluster != null) ? cluster.controlListener() : null;
	}

	@Override
	public List<DeliveryListener> deliveryListeners() {
		return Stream
			.concat(this.beans.getBeanProvider(DefaultCluster.class).stream().map(DefaultCluster::deliveryListener),
					this.beans.getBeanProvider(DeliveryListener.class).orderedStream())
			.toList();
	}

	/**
	 * Return the listeners of subscriptions, presence first: a later listener that is
	 * notified of a subscription finds the session among the channel's members.
	 */
	@Override
	public List<SubscriptionListener> subscriptionListeners() {
		return Stream
			.of(this.beans.getBeanProvider(PresenceService.class).stream().map(PresenceService::subscriptionListener),
					this.beans.getBeanProvider(SubscriptionListener.class).orderedStream(),
					endpoints().map(ManagedServices::subscriptionListener).flatMap(Stream::ofNullable))
			.flatMap((listeners) -> listeners)
			.toList();
	}

	/**
	 * Look up every bean of which there may be only one, so that ambiguous beans fail the
	 * startup. Called when all beans exist.
	 * @throws AmbiguousBeanException if there are several beans of a type of which the
	 * node uses one, and none is primary
	 */
	void check() {
		authorizer();
		clientSecurity();
		initialChannels();
		single(PresenceAttributes.class);
		single(ClientCallHandler.class);
		sendHandler();
	}

	private <T> @Nullable T single(Class<T> type) {
		return OptionalBeans.single(this.beans.getBeanProvider(type), type);
	}

}
