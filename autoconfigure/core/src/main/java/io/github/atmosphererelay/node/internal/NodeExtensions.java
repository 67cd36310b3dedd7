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
import io.github.atmosphererelay.broadcast.internal.PublishingTransactions;
import io.github.atmosphererelay.delivery.internal.DeliveryListener;
import io.github.atmosphererelay.inbound.internal.InboundExtensions;
import io.github.atmosphererelay.security.ClientSecurity;
import io.github.atmosphererelay.session.internal.SubscriptionListener;
import io.github.atmosphererelay.subscription.InitialChannels;
import org.jspecify.annotations.Nullable;

/**
 * The extensions of a node, by the application and by those parts of this library that
 * need a node themselves. Each method is called once, when the node starts or when the
 * extension is first needed, because the application's beans may need those of this
 * library, for example the {@code Broadcaster}, and so may not exist yet when the node is
 * created.
 */
public interface NodeExtensions extends InboundExtensions {

	/**
	 * No extensions.
	 */
	NodeExtensions NONE = new NodeExtensions() {
	};

	/**
	 * Return the interceptors of outbound messages.
	 * @return the interceptors, in their order
	 */
	default List<OutboundInterceptor> outboundInterceptors() {
		return List.of();
	}

	/**
	 * Return what finds the transactions of the application. May be called before the
	 * node starts, when the first message is published.
	 * @return finds transactions
	 */
	default PublishingTransactions publishingTransactions() {
		return PublishingTransactions.NONE;
	}

	/**
	 * Return the listener for control messages of other nodes.
	 * @return the listener, or {@code null} if there is none
	 */
	default @Nullable ControlListener controlListener() {
		return null;
	}

	/**
	 * Return the listeners of counted deliveries.
	 * @return the listeners
	 */
	default List<DeliveryListener> deliveryListeners() {
		return List.of();
	}

	/**
	 * Return the listeners for subscriptions of this node's sessions.
	 * @return the listeners, in their order
	 */
	default List<SubscriptionListener> subscriptionListeners() {
		return List.of();
	}

	/**
	 * Return the connection to the application's security framework.
	 * @return the connection, or {@code null} if there is none
	 */
	default @Nullable ClientSecurity clientSecurity() {
		return null;
	}

	/**
	 * Return the supplier of the channels to which clients are subscribed when they
	 * connect.
	 * @return the supplier, or {@code null} if there is none
	 */
	default @Nullable InitialChannels initialChannels() {
		return null;
	}

}
