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

package io.github.atmosphererelay.door.centrifuge.internal;

import java.net.URI;
import java.time.Duration;
import java.util.List;

import io.github.atmosphererelay.relay.ClusterRelay;
import io.github.atmosphererelay.test.FakeRelay;
import io.github.atmosphererelay.test.LossyRelay;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.TestClient;
import io.github.atmosphererelay.test.TestNode;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What clients of the Centrifuge door are told while the broker is away, and when their
 * node stops.
 */
class CentrifugeOutageTests {

	private static final String[] CHANNELS = { "atmosphere.channels[0].pattern=chat/**",
			"atmosphere.channels[0].client-publish=true", "atmosphere.channels[1].pattern=log/**",
			"atmosphere.channels[1].history.size=20" };

	@Test
	void aLogThatCannotBeReadIsATemporaryErrorAndTheConnectionStays() {
		try (TestNode node = TestNode.start(List.of(UnconfirmingRelay.class), CHANNELS)) {
			URI uri = node.uri("connection/websocket");
			CentrifugeSocket socket = CentrifugeSocket.connect(uri);
			int recorded = socket.command("subscribe", "{'channel':'log/a'}");
			int ephemeral = socket.command("subscribe", "{'channel':'chat/a'}");
			JsonNode error = socket.reply(recorded).path("error");
			assertThat(error.path("code").asInt()).isEqualTo(100);
			assertThat(error.path("temporary").asBoolean()).isTrue();
			assertThat(socket.reply(ephemeral).has("error")).isFalse();
			assertThat(node.messaging().registry().countInChannel("log/a")).isZero();
			assertThat(socket.errorOf("publish", "{'channel':'chat/a','data':1}")).isZero();
			assertThat(socket.awaitPushes(1)).hasSize(1);
			assertThat(socket.client().isClosed()).isFalse();
		}
	}

	@Test
	void whoHasMissedWhatIsGoneIsToldToSubscribeAgainAndThatItIsNotRecovered() {
		try (TestNode node = TestNode.start(List.of(Forgetful.class), CHANNELS)) {
			CentrifugeSocket socket = CentrifugeSocket.connect(node.uri("connection/websocket"));
			String epoch = socket.call("subscribe", "{'channel':'log/a'}").path("epoch").asString();
			node.broadcaster().broadcast("log/a", "1").join();
			assertThat(socket.awaitPushes(1)).hasSize(1);
			node.bean(LossyRelay.class).newEpoch();
			node.broadcaster().broadcast("log/a", "2").join();
			assertThat(socket.awaitPushes(2).get(1)).isEqualTo(CentrifugeSocket
				.json("{'channel':'log/a','unsubscribe':{'code':2500,'reason':'insufficient state'}}"));
			JsonNode again = socket.call("subscribe",
					"{'channel':'log/a','recover':true,'offset':1,'epoch':'" + epoch + "'}");
			assertThat(again.path("was_recovering").asBoolean()).isTrue();
			assertThat(again.path("recovered").asBoolean()).isFalse();
			assertThat(again.path("epoch").asString()).isNotEqualTo(epoch);
			node.broadcaster().broadcast("log/a", "3").join();
			assertThat(socket.awaitPushes(3).get(2).path("pub").path("data").asInt()).isEqualTo(3);
			assertThat(socket.client().isClosed()).isFalse();
		}
	}

	@Test
	void aNodeThatStopsSendsItsClientsToAnother() {
		CentrifugeSocket socket;
		try (TestNode node = TestNode.start(CHANNELS)) {
			socket = CentrifugeSocket.connect(node.uri("connection/websocket"));
			// It is answered a moment before it is among those who are sent away.
			MachineTime.await(Duration.ofSeconds(10)).until(() -> node.messaging().registry().sessionCount() == 1);
		}
		assertThat(socket.awaitClosed()).isEqualTo(new TestClient.Close(3001, "shutdown"));
	}

	@Test
	void thePathIsTheApplicationsChoice() {
		try (TestNode node = TestNode.start("atmosphere.channels[0].pattern=chat/**",
				"atmosphere.centrifuge.path=/live")) {
			CentrifugeSocket socket = CentrifugeSocket.connect(URI.create("ws://localhost:" + node.port() + "/live"));
			socket.subscribe("chat/a");
			socket.close();
			assertThat(TestClient.refusedStatus(node.uri("connection/websocket"))).isEqualTo(400);
		}
	}

	/**
	 * A relay whose logs can be lost.
	 */
	@Configuration(proxyBeanMethods = false)
	static class Forgetful {

		@Bean
		LossyRelay relay() {
			return new LossyRelay();
		}

	}

	/**
	 * A relay that never confirms.
	 */
	@Configuration(proxyBeanMethods = false)
	static class UnconfirmingRelay {

		@Bean
		ClusterRelay relay() {
			return new FakeRelay().unconfirming().recorded();
		}

	}

}
