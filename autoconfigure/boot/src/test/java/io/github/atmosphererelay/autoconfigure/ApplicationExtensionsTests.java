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
import io.github.atmosphererelay.delivery.internal.DeliveryListener;
import io.github.atmosphererelay.endpoint.internal.ManagedServices;
import io.github.atmosphererelay.inbound.ClientCallHandler;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.node.internal.ControlListener;
import io.github.atmosphererelay.presence.internal.PresenceService;
import io.github.atmosphererelay.session.ClientSession;
import io.github.atmosphererelay.session.internal.SubscriptionListener;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.support.StaticListableBeanFactory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.BDDMockito.given;
import static org.mockito.BDDMockito.then;
import static org.mockito.Mockito.mock;

/**
 * Tests for {@link ApplicationExtensions}.
 */
class ApplicationExtensionsTests {

	private final StaticListableBeanFactory beans = new StaticListableBeanFactory();

	private final ApplicationExtensions extensions = new ApplicationExtensions(this.beans);

	private static ClientCallHandler handlerOf(String method) {
		ClientCallHandler handler = mock();
		given(handler.handles(method)).willReturn(true);
		return handler;
	}

	@Test
	void aCallHandlerOfTheApplicationComesBeforeTheAnnotatedMethodsAndDoesNotReplaceThem() {
		ClientCallHandler own = handlerOf("own");
		ClientCallHandler annotated = handlerOf("annotated");
		ManagedServices services = mock();
		given(services.callHandler()).willReturn(annotated);
		this.beans.addBean("services", services);
		assertThat(this.extensions.callHandler()).isSameAs(annotated);
		this.beans.addBean("own", own);
		ClientCallHandler both = this.extensions.callHandler();
		assertThat(both).isNotNull();
		assertThat(both.handles("own")).isTrue();
		assertThat(both.handles("annotated")).isTrue();
		assertThat(both.handles("other")).isFalse();
		ClientSession session = mock();
		Payload payload = Payload.text("x");
		both.call(session, "own", payload);
		then(own).should().call(session, "own", payload);
		both.call(session, "annotated", payload);
		then(annotated).should().call(session, "annotated", payload);
	}

	@Test
	void presenceIsToldOfSubscriptionsFirstAndEndpointsLast() {
		assertThat(this.extensions.subscriptionListeners()).isEmpty();
		SubscriptionListener endpoint = mock();
		ManagedServices services = mock();
		given(services.subscriptionListener()).willReturn(endpoint);
		this.beans.addBean("services", services);
		SubscriptionListener door = mock();
		this.beans.addBean("door", door);
		SubscriptionListener members = mock();
		PresenceService presence = mock();
		given(presence.subscriptionListener()).willReturn(members);
		this.beans.addBean("presence", presence);
		assertThat(this.extensions.subscriptionListeners()).containsExactly(members, door, endpoint);
	}

	@Test
	void theClusterListensToControlMessagesAndDeliveries() {
		assertThat(this.extensions.controlListener()).isNull();
		assertThat(this.extensions.deliveryListeners()).isEmpty();
		ControlListener control = mock();
		DeliveryListener deliveries = mock();
		DefaultCluster cluster = mock();
		given(cluster.controlListener()).willReturn(control);
		given(cluster.deliveryListener()).willReturn(deliveries);
		this.beans.addBean("cluster", cluster);
		assertThat(this.extensions.controlListener()).isSameAs(control);
		assertThat(this.extensions.deliveryListeners()).containsExactly(deliveries);
	}

}
