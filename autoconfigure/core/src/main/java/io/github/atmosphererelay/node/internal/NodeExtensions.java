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

package io.github.atmosphererelay.node.internal;

import java.util.List;

import io.github.atmosphererelay.broadcast.OutboundInterceptor;
import io.github.atmosphererelay.delivery.internal.DeliveryListener;
import io.github.atmosphererelay.inbound.internal.InboundExtensions;
import io.github.atmosphererelay.security.ClientSecurity;
import io.github.atmosphererelay.session.internal.SubscriptionListener;
import io.github.atmosphererelay.subscription.InitialChannels;
import org.jspecify.annotations.Nullable;

/**
 * What the application, and those parts of this library that need a node themselves, add
 * to a node. Each method is called once, when the node starts or when it is first needed:
 * the application's beans may need those of this library, for example the
 * {@code Broadcaster}, and so cannot be there when the node is made.
 */
public interface NodeExtensions extends InboundExtensions {

	/**
	 * An application that adds nothing.
	 */
	NodeExtensions NONE = new NodeExtensions() {
	};

	/**
	 * Return who sees messages before they are sent.
	 * @return the interceptors, in their order
	 */
	default List<OutboundInterceptor> outboundInterceptors() {
		return List.of();
	}

	/**
	 * Return who hears what other nodes say to this one.
	 * @return the listener, or {@code null} if nobody does
	 */
	default @Nullable ControlListener controlListener() {
		return null;
	}

	/**
	 * Return who hears how many sessions of this node take messages that are counted.
	 * @return the listeners
	 */
	default List<DeliveryListener> deliveryListeners() {
		return List.of();
	}

	/**
	 * Return who hears of the subscriptions of this node's sessions.
	 * @return the listeners, in their order
	 */
	default List<SubscriptionListener> subscriptionListeners() {
		return List.of();
	}

	/**
	 * Return what the application's security framework does for clients.
	 * @return that, or {@code null} if there is none
	 */
	default @Nullable ClientSecurity clientSecurity() {
		return null;
	}

	/**
	 * Return who says what clients are subscribed to when they connect.
	 * @return that, or {@code null} if nobody does
	 */
	default @Nullable InitialChannels initialChannels() {
		return null;
	}

}
