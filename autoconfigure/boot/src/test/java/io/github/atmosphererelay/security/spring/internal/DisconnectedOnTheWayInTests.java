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

package io.github.atmosphererelay.security.spring.internal;

import java.net.URI;
import java.security.Principal;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.refusal.Authorization;
import io.github.atmosphererelay.security.ChannelAuthorizer;
import io.github.atmosphererelay.security.spring.internal.TestSecurity.SlowDecoder;
import io.github.atmosphererelay.session.ClientSession;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.UserDisconnector;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.TestClient;
import io.github.atmosphererelay.test.TestClient.Close;
import io.github.atmosphererelay.test.TestNode;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for users who are disconnected while clients of theirs are on their way in: such
 * a client has shown who it is, and is no session yet that could be found and closed.
 */
class DisconnectedOnTheWayInTests {

	private static final Close LOGGED_OUT = new Close(3503, "logged out");

	private static final Duration SOON = Duration.ofSeconds(10);

	private final TestNode node = TestNode.start(List.of(TestSecurity.class, Gate.class),
			"atmosphere.channels[0].pattern=chat/**", "atmosphere.channels[0].client-publish=true",
			"atmosphere.centrifuge.enabled=true");

	@AfterEach
	void stop() {
		this.node.close();
	}

	@Test
	void aHandshakeThatIsBeingAnsweredIsEndedToo() {
		Gate gate = this.node.bean(Gate.class);
		gate.shut();
		CompletableFuture<TestClient> connecting = CompletableFuture
			.supplyAsync(() -> connect("chat/a?ack=true", "alice"), (task) -> new Thread(task).start());
		MachineTime.await(SOON).until(gate::isSomebodyWaiting);
		disconnect("alice");
		gate.open();
		assertThat(connecting.join().awaitClosed(SOON)).isEqualTo(LOGGED_OUT);
	}

	@Test
	void aTokenThatIsBeingCheckedIsNotLetInAfterwards() {
		SlowDecoder decoder = this.node.bean(SlowDecoder.class);
		decoder.shut();
		TestClient client = TestClient.connect(this.node.uri("chat/a?auth=message"));
		client.send("{\"type\":\"auth\",\"token\":\"" + TestSecurity.token("alice", Duration.ofHours(1)) + "\"}");
		MachineTime.await(SOON).until(() -> decoder.waiting() == 1);
		disconnect("alice");
		decoder.open();
		assertThat(client.awaitClosed(SOON)).isEqualTo(LOGGED_OUT);
	}

	@Test
	void aCentrifugeClientThatHasYetToSendItsConnectCommandIsEndedToo() {
		TestClient client = TestClient.connect(centrifuge(), "Authorization",
				"Bearer " + TestSecurity.token("alice", Duration.ofHours(1)));
		disconnect("alice");
		client.send("{\"id\":1,\"connect\":{}}");
		assertThat(client.awaitClosed(SOON)).isEqualTo(LOGGED_OUT);
	}

	@Test
	void aClientThatConnectsAfterwardsStaysConnected() {
		TestClient bob = connect("chat/a?ack=true", "bob").awaitCount(1);
		disconnect("alice");
		TestClient alice = connect("chat/a?ack=true", "alice").awaitCount(1);
		alice.send("back again").awaitCount(2);
		bob.awaitCount(2);
		assertThat(bob.texts().get(1)).isEqualTo("back again");
		assertThat(alice.isClosed()).isFalse();
		alice.close();
		bob.close();
	}

	private URI centrifuge() {
		return this.node.uri("connection/websocket");
	}

	private TestClient connect(String path, String user) {
		return TestClient.connect(this.node.uri(path), "Authorization",
				"Bearer " + TestSecurity.token(user, Duration.ofHours(1)));
	}

	private void disconnect(String user) {
		assertThat(this.node.messaging().registry().ofUser(user)).isEmpty();
		this.node.bean(UserDisconnector.class).disconnectUser(user, CloseReason.LOGGED_OUT);
	}

	/**
	 * Holds handshakes up that are past the point at which their user is known.
	 */
	static class Gate implements ChannelAuthorizer {

		private volatile CountDownLatch open = new CountDownLatch(0);

		private volatile boolean somebodyWaiting;

		void shut() {
			this.open = new CountDownLatch(1);
		}

		void open() {
			this.open.countDown();
		}

		boolean isSomebodyWaiting() {
			return this.somebodyWaiting;
		}

		@Override
		public Authorization canSubscribe(@Nullable Principal principal, @Nullable ClientSession session,
				String channel) {
			this.somebodyWaiting = true;
			try {
				this.open.await(30, TimeUnit.SECONDS);
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
			return Authorization.GRANTED;
		}

		@Override
		public Authorization canPublish(@Nullable Principal principal, ClientSession session, String channel) {
			return Authorization.GRANTED;
		}

		@Override
		public Authorization canSeePresence(@Nullable Principal principal, ClientSession session, String channel) {
			return Authorization.GRANTED;
		}

	}

}
