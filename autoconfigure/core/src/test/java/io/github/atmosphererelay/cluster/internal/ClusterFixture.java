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

package io.github.atmosphererelay.cluster.internal;

import java.util.List;
import java.util.function.Supplier;

import io.github.atmosphererelay.delivery.internal.DeliveryListener;
import io.github.atmosphererelay.node.internal.ControlListener;
import io.github.atmosphererelay.node.internal.MessagingNode;
import io.github.atmosphererelay.node.internal.NodeExtensions;
import io.github.atmosphererelay.session.internal.SubscriptionListener;
import org.jspecify.annotations.Nullable;

/**
 * Puts a node and its part in the cluster together without an application around them.
 */
public final class ClusterFixture {

	private ClusterFixture() {
	}

	/**
	 * Begin to put a part in the cluster together of a node.
	 */
	public static ClusterBuilder builder(MessagingNode node, ClusterSettings settings) {
		return DefaultCluster.builder(settings)
			.identity(node.identity())
			.control(node.control())
			.monitor(node.monitor())
			.timers(node.timers())
			.catalog(node.catalog())
			.registry(node.registry())
			.subscriptions(node.subscriptions())
			.broadcaster(node.broadcaster())
			.futures(node.futures())
			.events(node.events())
			.statistics(node.statistics())
			.sessionStatistics(node.writers().statistics());
	}

	/**
	 * Have a node that is put together find its part in the cluster when it starts.
	 * @param cluster finds the part
	 * @param subscriptions finds who hears of subscriptions
	 */
	public static NodeExtensions extensions(Supplier<DefaultCluster> cluster,
			Supplier<List<SubscriptionListener>> subscriptions) {
		return new NodeExtensions() {

			@Override
			public @Nullable ControlListener controlListener() {
				return cluster.get().controlListener();
			}

			@Override
			public List<DeliveryListener> deliveryListeners() {
				return List.of(cluster.get().deliveryListener());
			}

			@Override
			public List<SubscriptionListener> subscriptionListeners() {
				return subscriptions.get();
			}

		};
	}

}
