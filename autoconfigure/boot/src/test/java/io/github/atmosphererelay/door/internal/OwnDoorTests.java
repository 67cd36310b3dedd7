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

package io.github.atmosphererelay.door.internal;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;

import io.github.atmosphererelay.delivery.internal.InboundStatistics;
import io.github.atmosphererelay.door.internal.Arrival.SessionEnd;
import io.github.atmosphererelay.inbound.internal.ClientMessageReceiver;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.subscription.internal.Subscriptions;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.TestClient;
import io.github.atmosphererelay.test.TestNode;
import io.github.atmosphererelay.test.UsersByParameter;
import io.github.atmosphererelay.transport.internal.Inbound;
import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.servlet.HandlerMapping;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A door that knows nothing but its own frames has everything else from what doors have
 * in common.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OwnDoorTests {

	private TestNode node;

	@BeforeAll
	void start() {
		this.node = TestNode.start(List.of(UsersByParameter.class, Lines.class),
				"atmosphere.channels[0].pattern=chat/**", "atmosphere.channels[0].client-publish=anyone",
				"atmosphere.limits.sessions-per-user=2", "atmosphere.websocket.max-message-size=1KB");
	}

	@AfterAll
	void stop() {
		this.node.close();
	}

	private void awaitNobody() {
		MachineTime.await(Duration.ofSeconds(10))
			.until(() -> this.node.messaging().registry().sessionCount() == 0
					&& this.node.bean(DoorContext.class).limits().connectionCount() == 0);
	}

	@Test
	void messagesOfItsClientsReachClientsOfOtherDoors() {
		try (TestClient own = this.node.connect("lines?user=alice");
				TestClient raw = this.node.connect("chat/a?ack=true")) {
			raw.awaitCount(1);
			own.send("subscribe chat/a");
			MachineTime.await(Duration.ofSeconds(10))
				.until(() -> this.node.messaging().registry().countInChannel("chat/a") == 2);
			own.send("publish chat/a");
			raw.awaitCount(2);
			this.node.broadcaster().broadcast("chat/a", "from the node").join();
			assertThat(raw.awaitCount(3).texts().subList(1, 3)).containsExactly("hello of alice", "from the node");
			assertThat(own.awaitCount(2).texts()).containsExactly("hello of alice", "from the node");
		}
		awaitNobody();
	}

	@Test
	void itsClientsAreHeldToTheLimits() {
		long refused = this.node.messaging().statistics().inbound().refused(ErrorCode.LIMIT_EXCEEDED);
		try (TestClient first = this.node.connect("lines?user=bob");
				TestClient second = this.node.connect("lines?user=bob")) {
			MachineTime.await(Duration.ofSeconds(10)).until(() -> this.node.messaging().registry().sessionCount() == 2);
			assertThat(TestClient.refusedStatus(this.node.uri("lines?user=bob"))).isEqualTo(429);
			assertThat(TestClient.refusedStatus(this.node.uri("lines"), "Origin", "https://elsewhere.example"))
				.isEqualTo(403);
			first.send("x".repeat(1025));
			assertThat(first.awaitClosed(Duration.ofSeconds(10)).code()).isEqualTo(1009);
			assertThat(second.isClosed()).isFalse();
		}
		assertThat(this.node.messaging().statistics().inbound().refused(ErrorCode.LIMIT_EXCEEDED))
			.isEqualTo(refused + 2);
		awaitNobody();
	}

	/**
	 * The door.
	 */
	@Configuration(proxyBeanMethods = false)
	static class Lines {

		@Bean
		HandlerMapping lines(DoorContext context) {
			return context.mapping("/atmosphere/lines", -4,
					(arrival) -> new LinesConnection(context.subscriptions(), context.clientMessages(),
							context.statistics(), new MessageAssembler(context.settings()), arrival),
					new DoorInterceptor(context.checks(), context.refusals()) {

						@Override
						protected ClientProof admit(HttpServletRequest request, Map<String, Object> attributes) {
							checks().checkAddress(request);
							return authenticate(request);
						}

					});
		}

	}

	/**
	 * A connection, whose frames are {@code subscribe <channel>} and
	 * {@code publish <channel>}.
	 */
	private static final class LinesConnection implements Inbound {

		private final Subscriptions subscriptions;

		private final ClientMessageReceiver messages;

		private final InboundStatistics statistics;

		private final MessageAssembler incoming;

		private final Arrival arrival;

		private volatile @Nullable LocalSession session;

		LinesConnection(Subscriptions subscriptions, ClientMessageReceiver messages, InboundStatistics statistics,
				MessageAssembler incoming, Arrival arrival) {
			this.subscriptions = subscriptions;
			this.messages = messages;
			this.statistics = statistics;
			this.incoming = incoming;
			this.arrival = arrival;
		}

		@Override
		public void opened() {
			ClientProof proof = this.arrival.takeProof();
			if (!this.arrival.identify(proof.principal())) {
				this.arrival.refuse(ErrorCode.LIMIT_EXCEEDED, CloseReason.CONNECTION_LIMIT);
				return;
			}
			LocalSession session = this.arrival.open(proof, this.arrival.transport(), SessionEnd.NOTHING);
			this.session = session;
			this.subscriptions.connected(session);
		}

		@Override
		public void text(String part, boolean last) {
			LocalSession session = this.session;
			if (session == null) {
				return;
			}
			session.heard();
			try {
				Payload frame = this.incoming.text(part, last);
				if (frame != null) {
					take(session, frame.asText().split(" "));
				}
			}
			catch (RefusedMessageException ex) {
				this.statistics.countRefused(ex.code());
				session.terminate(ex.reason());
			}
		}

		private void take(LocalSession session, String[] frame) {
			if (frame[0].equals("subscribe")) {
				this.subscriptions.subscribe(session, frame[1]);
			}
			else {
				this.messages.receive(session, frame[1], Payload.text("hello of " + session.principal().getName()));
			}
		}

		@Override
		public void binary(ByteBuffer part, boolean last) {
		}

		@Override
		public void ping() {
		}

		@Override
		public void pong(ByteBuffer payload) {
		}

		@Override
		public void closed(int code, @Nullable String reason) {
			LocalSession session = this.session;
			if (session != null) {
				session.ended(code, reason);
			}
			else {
				this.arrival.gone();
			}
		}

	}

}
