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

package io.github.atmosphererelay.delivery.internal;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;

import io.github.atmosphererelay.guard.Guards;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.node.internal.NodeFixture;
import io.github.atmosphererelay.session.internal.FakeTransport;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.session.internal.PublicationGate;
import io.github.atmosphererelay.session.internal.SessionRegistry;
import io.github.atmosphererelay.session.internal.Subscription;
import io.github.atmosphererelay.session.internal.SubscriptionListener;
import io.github.atmosphererelay.test.FakeRelay;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link LocalDelivery}.
 */
class LocalDeliveryTests {

	private static final String CHANNEL = "log/a";

	private final NodeFixture fixture = new NodeFixture(new FakeRelay()).start();

	private final SessionRegistry registry = this.fixture.registry;

	private final LocalDelivery delivery = new LocalDelivery(this.registry, this.fixture.node.writers(),
			NodeFixture.catalog(), NodeFixture.QUEUE, new ChannelTaps(new Guards().of(Part.LISTENERS)), List::of);

	private final List<FakeTransport> transports = new ArrayList<>();

	private final List<LocalSession> sessions = new ArrayList<>();

	@AfterEach
	void stop() {
		this.fixture.close();
	}

	/**
	 * All leave and come again when the first of them is asked whether it takes the
	 * message: some are met before that, and their new subscriptions stand behind.
	 */
	@Test
	void aSessionThatComesAgainDuringADeliveryGetsTheMessageOnceAtMost() {
		for (int i = 0; i < 100; i++) {
			FakeTransport transport = new FakeTransport();
			this.transports.add(transport);
			LocalSession session = this.fixture.open(null, transport);
			this.registry.add(session);
			this.sessions.add(session);
		}
		PublicationGate gate = (publication, position) -> {
			this.sessions.forEach(this::comeAgain);
			return true;
		};
		this.sessions.forEach(
				(session) -> this.registry.add(new Subscription(session, CHANNEL, SubscriptionListener.NONE, gate), 1));
		publish("first");
		publish("second");
		for (LocalSession session : this.sessions) {
			assertThat(session.subscription(CHANNEL)).isNotNull();
		}
		await().untilAsserted(() -> assertThat(this.transports)
			.allSatisfy((transport) -> assertThat(transport.events()).contains("second")));
		assertThat(this.transports).allSatisfy(
				(transport) -> assertThat(transport.events()).containsOnlyOnce("second").doesNotHaveDuplicates());
	}

	private void comeAgain(LocalSession session) {
		Subscription subscription = session.subscription(CHANNEL);
		assertThat(subscription).isNotNull();
		this.registry.remove(subscription);
		this.registry.add(new Subscription(session, CHANNEL), 1);
	}

	private void publish(String text) {
		Position position = new Position("e", 1);
		this.delivery.deliver(new Publication(UUID.randomUUID(), UUID.randomUUID(), CHANNEL, 0, Map.of(),
				Payload.text(text), position, null), position);
	}

}
