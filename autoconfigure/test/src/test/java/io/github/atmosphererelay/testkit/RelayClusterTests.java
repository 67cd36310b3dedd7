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

package io.github.atmosphererelay.testkit;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;

import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.relay.ClusterRelay;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.relay.local.internal.LocalRelay;
import io.github.atmosphererelay.session.internal.NodeIdentity;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Tests for {@link RelayCluster}: nodes and the broker between them.
 */
@Timeout(120)
class RelayClusterTests {

	private static RelayCluster cluster;

	@BeforeAll
	static void start() {
		cluster = ChatApplication.cluster().nodes(2).start();
	}

	@AfterAll
	static void stop() {
		cluster.close();
	}

	@Test
	void eachNodeHasAPortANameAndAnIdOfItsOwn() {
		assertThat(cluster.nodes()).extracting(ApplicationNode::name).containsExactly("node-0", "node-1");
		assertThat(cluster.nodes()).extracting(ApplicationNode::port).doesNotHaveDuplicates();
		assertThat(cluster.nodes()).extracting((node) -> node.bean(NodeIdentity.class).id()).doesNotHaveDuplicates();
		assertThat(cluster.nodes()).extracting((node) -> node.bean(NodeIdentity.class).name())
			.containsExactly("node-0", "node-1");
	}

	@Test
	void whatOneClientSendsArrivesAtEveryNodeInOrderAndOnce() {
		RelayClient ada = cluster.node(0).connect("chat/order");
		RelayClient bob = cluster.node(1).connect("chat/order");
		String[] texts = IntStream.range(0, 1000).mapToObj((i) -> "text " + i).toArray(String[]::new);
		for (String text : texts) {
			ada.send(text);
		}
		ada.expect(texts).expectNothingMore();
		bob.expect(texts).expectNothingMore();
	}

	@Test
	void binaryArrivesAsBinary() {
		RelayClient ada = cluster.node(0).connect("chat/binary");
		RelayClient bob = cluster.node(1).connect("chat/binary");
		byte[] bytes = { 0, -1, 10, 13 };
		ada.send(bytes).send(new String(bytes, StandardCharsets.ISO_8859_1));
		bob.expectBinary(bytes).expect(new String(bytes, StandardCharsets.ISO_8859_1)).expectNothingMore();
	}

	@Test
	void bothNodesHaveTheSameOrderOfARecordedChannel() {
		RelayClient ada = cluster.node(0).connect("log/order");
		RelayClient bob = cluster.node(1).connect("log/order");
		List<CompletableFuture<Receipt>> receipts = new ArrayList<>();
		for (int i = 0; i < 50; i++) {
			for (ApplicationNode node : cluster.nodes()) {
				receipts.add(node.broadcaster().broadcast("log/order", node.name() + " " + i));
			}
		}
		receipts.forEach((receipt) -> assertThat(receipt).succeedsWithin(Duration.ofSeconds(10))
			.extracting(Receipt::outcome)
			.isEqualTo(Outcome.RELAYED));
		List<Payload> heard = ada.expectCount(100);
		assertThat(bob.expectCount(100)).isEqualTo(heard);
		ada.expectNothingMore();
		bob.expectNothingMore();
	}

	@Test
	void aNodeThatStopsSendsItsClientsAwayAndTheOthersGoOn() {
		ApplicationNode third = cluster.startNode();
		assertThat(third.name()).isEqualTo("node-2");
		assertThat(cluster.nodes()).hasSize(3).endsWith(third);
		RelayClient ada = cluster.node(0).connect("chat/stop");
		RelayClient carol = third.connect("chat/stop");
		ada.send("all");
		carol.expect("all");
		third.close();
		assertThat(third.isRunning()).isFalse();
		assertThat(cluster.nodes()).hasSize(2);
		assertThat(cluster.node(2)).isSameAs(third);
		assertThat(carol.expectClosed().code()).isEqualTo(1001);
		ada.expect("all").send("rest");
		ada.expect("rest").expectNothingMore();
		assertThatExceptionOfType(AssertionError.class).isThrownBy(carol::expectNothingMore)
			.withMessageContaining("its connection has ended with 1001");
	}

	@Test
	void aRelayOfTheApplicationIsReplacedByTheBrokerInMemory() {
		try (RelayCluster other = RelayCluster.of(ChatApplication.class, OwnRelay.class)
			.nodes(1)
			.property("logging.level.root=WARN")
			.property("atmosphere.channels[0].pattern=chat/**")
			.start()) {
			assertThat(other.node(0).bean(ClusterRelay.class).name()).isEqualTo("memory");
		}
	}

	@Test
	void theApplicationsOwnRelayIsUsedIfThatIsAskedFor() {
		try (RelayCluster local = ChatApplication.cluster()
			.nodes(1)
			.realBroker()
			.property("atmosphere.relay.type=local")
			.start()) {
			RelayClient ada = local.node(0).connect("chat/local");
			assertThat(local.node(0).broadcaster().broadcast("chat/local", "here"))
				.succeedsWithin(Duration.ofSeconds(10))
				.extracting(Receipt::outcome)
				.isEqualTo(Outcome.LOCAL_ONLY);
			ada.expect("here").expectNothingMore();
			assertThatIllegalStateException().isThrownBy(local::broker).withMessageContaining("put a proxy before it");
		}
	}

	@Test
	void theContextPathAndThePathOfTheDoorAreThoseOfTheApplication() {
		try (RelayCluster other = ChatApplication.cluster()
			.nodes(1)
			.property("server.servlet.context-path=/app")
			.property("atmosphere.websocket.path=/live")
			.start()) {
			other.node(0).connect("chat/Grüße&100%").send("x").expect("x").expectNothingMore();
		}
	}

	@Test
	void aPropertyThatWouldHaveNoEffectIsRefused() {
		assertThatIllegalStateException()
			.isThrownBy(() -> ChatApplication.cluster().property("atmosphere.relay.type=redis").start())
			.withMessageContaining("'atmosphere.relay.type' would have no effect. Call realBroker()");
	}

	@Test
	void whatMakesNoSenseIsRefused() {
		assertThatIllegalArgumentException().isThrownBy(RelayCluster::of);
		RelayCluster.Builder builder = ChatApplication.cluster();
		assertThatIllegalArgumentException().isThrownBy(() -> builder.nodes(0));
		assertThatIllegalArgumentException().isThrownBy(() -> builder.property("no value"));
		assertThatIllegalArgumentException().isThrownBy(() -> builder.timeout(Duration.ZERO));
	}

	/**
	 * A relay that the application brings.
	 */
	@Configuration(proxyBeanMethods = false)
	static class OwnRelay {

		@Bean
		ClusterRelay ownRelay() {
			return new LocalRelay();
		}

	}

}
