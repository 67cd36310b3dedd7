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

package io.github.atmosphererelay.stomp;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import io.github.atmosphererelay.test.BrokerCluster;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.testkit.ApplicationNode;
import io.github.atmosphererelay.testkit.RelayCluster;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import org.springframework.messaging.MessageDeliveryException;
import org.springframework.messaging.simp.SimpMessageHeaderAccessor;
import org.springframework.messaging.simp.SimpMessageType;
import org.springframework.messaging.simp.SimpMessagingTemplate;
import org.springframework.messaging.simp.user.SimpUser;
import org.springframework.messaging.simp.user.SimpUserRegistry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * What STOMP on several nodes does not do, as the documentation says, on two nodes with a
 * broker in memory.
 */
class StompLimitsTests {

	private static RelayCluster cluster;

	private final List<StompClient> clients = new ArrayList<>();

	@BeforeAll
	static void start() {
		cluster = BrokerCluster.inMemory(StompApplication.class)
			.property("atmosphere.stomp.enabled=true")
			.property("atmosphere.relay.max-message-size=10KB")
			.property("atmosphere.websocket.max-message-size=5KB")
			.nodes(2)
			.start();
	}

	@AfterAll
	static void stop() {
		cluster.close();
	}

	@AfterEach
	void close() {
		this.clients.forEach(StompClient::close);
	}

	private StompClient connect(ApplicationNode node, @Nullable String user) {
		StompClient client = StompClient.connect(node.port(), user);
		this.clients.add(client);
		return client;
	}

	private static SimpMessagingTemplate template(ApplicationNode node) {
		return node.context().getBean(SimpMessagingTemplate.class);
	}

	@Test
	void aMessageThatIsTooLargeIsRefusedAndReachesNobody() {
		StompClient here = connect(cluster.node(0), null).subscribe("1", "/topic/x");
		StompClient there = connect(cluster.node(1), null).subscribe("1", "/topic/x");
		SimpMessagingTemplate template = template(cluster.node(0));
		assertThatExceptionOfType(MessageDeliveryException.class)
			.isThrownBy(() -> template.convertAndSend("/topic/x", "x".repeat(11_000)))
			.withMessageContaining("cannot be sent to the other nodes, and was delivered to nobody");
		template.convertAndSend("/topic/x", "x".repeat(9_000));
		here.expect("x".repeat(9_000));
		there.expect("x".repeat(9_000));
	}

	/**
	 * The refusal ended the thread that had the message, and the client heard nothing.
	 */
	@Test
	void aClientWhoseMessageIsTooLargeIsToldAndReachesNobody() {
		StompClient here = connect(cluster.node(0), null).subscribe("1", "/topic/y");
		StompClient there = connect(cluster.node(1), null).subscribe("1", "/topic/y");
		for (int i = 0; i < 20; i++) {
			StompClient sender = connect(cluster.node(0), null);
			sender.publish("/topic/y", "x".repeat(11_000), "receipt:r");
			assertThat(sender.awaitFrame("ERROR").headers().get("message"))
				.contains("cannot be sent to the other nodes, and was delivered to nobody", "10240");
		}
		connect(cluster.node(0), null).publish("/topic/y", "end");
		here.expect("end");
		there.expect("end");
	}

	@Test
	void aMessageToASessionThatHasEndedReachesNoOtherSessionOfTheUser() {
		StompClient ended = connect(cluster.node(1), "zoe");
		String session = AbstractStompNodesTests.sessionOf(ended);
		StompClient sibling = connect(cluster.node(0), "zoe").subscribe("1", "/user/queue/notes");
		ended.send("DISCONNECT", "", "receipt:bye").awaitReceipt("bye");
		SimpMessageHeaderAccessor accessor = SimpMessageHeaderAccessor.create(SimpMessageType.MESSAGE);
		accessor.setSessionId(session);
		accessor.setLeaveMutable(true);
		template(cluster.node(0)).convertAndSendToUser("zoe", "/queue/notes", "late", accessor.getMessageHeaders());
		template(cluster.node(1)).convertAndSendToUser("zoe", "/queue/notes", "late", accessor.getMessageHeaders());
		template(cluster.node(1)).convertAndSendToUser("zoe", "/queue/notes", "for all");
		sibling.expect("for all");
	}

	@Test
	void aPatternSeesWhatSpringHasTranslatedForSessionsOfItsOwnNodeOnly() {
		StompClient here = connect(cluster.node(0), null).subscribe("1", "/queue/**");
		StompClient there = connect(cluster.node(1), null).subscribe("1", "/queue/**");
		StompClient user = connect(cluster.node(0), "kim").subscribe("1", "/user/queue/notes");
		template(cluster.node(0)).convertAndSendToUser("kim", "/queue/notes", "note");
		template(cluster.node(0)).convertAndSend("/queue/all", "end");
		user.expect("note");
		here.expect("note", "end");
		there.expect("end");
	}

	@Test
	void thePrincipalOfAUserWithoutASessionHereIsNotKnown() {
		connect(cluster.node(0), "lea");
		SimpUser there = await(cluster.node(1), "lea");
		assertThat(there.getPrincipal()).isNull();
		assertThat(cluster.node(0).bean(SimpUserRegistry.class).getUser("lea").getPrincipal()).isNotNull();
	}

	private static SimpUser await(ApplicationNode node, String user) {
		SimpUserRegistry registry = node.bean(SimpUserRegistry.class);
		MachineTime.await(Duration.ofSeconds(10)).until(() -> registry.getUser(user) != null);
		return registry.getUser(user);
	}

	@Test
	void aQueueIsATopicAndAcknowledgementsAndTransactionsAreIgnored() {
		StompClient here = connect(cluster.node(0), null);
		here.send("SUBSCRIBE", "", "id:1", "destination:/queue/work", "ack:client", "receipt:1").awaitReceipt("1");
		StompClient there = connect(cluster.node(1), null).subscribe("1", "/queue/work");
		here.send("BEGIN", "", "transaction:t");
		here.publish("/queue/work", "in a transaction", "transaction:t", "receipt:2").awaitReceipt("2");
		here.send("ABORT", "", "transaction:t");
		template(cluster.node(0)).convertAndSend("/queue/work", "end");
		here.expect("in a transaction", "end");
		there.expect("in a transaction", "end");
		here.send("NACK", "", "id:" + here.messages().get(0).headers().get("message-id"));
		template(cluster.node(0)).convertAndSend("/queue/work", "after");
		here.expect("in a transaction", "end", "after");
	}

	@Test
	void nothingArrivesAfterTheReceiptOfAnUnsubscription() {
		StompClient there = connect(cluster.node(1), null).subscribe("1", "/topic/u").subscribe("2", "/topic/v");
		there.send("UNSUBSCRIBE", "", "id:1", "receipt:off").awaitReceipt("off");
		template(cluster.node(0)).convertAndSend("/topic/u", "too late");
		template(cluster.node(0)).convertAndSend("/topic/v", "end");
		there.expect("end");
		template(cluster.node(1)).convertAndSend("/topic/u", "too late");
		template(cluster.node(1)).convertAndSend("/topic/v", "end");
		there.expect("end", "end");
	}

	@Test
	void withoutReceiptsOnlyTheOneOfDisconnectIsSentAsBySpringAlone() {
		try (RelayCluster without = BrokerCluster.inMemory(StompApplication.class)
			.property("atmosphere.stomp.enabled=true")
			.property("atmosphere.stomp.receipts=false")
			.nodes(1)
			.start()) {
			StompClient client = connect(without.node(0), null);
			client.send("SUBSCRIBE", "", "id:1", "destination:/topic/x", "receipt:1");
			client.publish("/topic/x", "text", "receipt:2");
			client.expect("text");
			client.send("DISCONNECT", "", "receipt:3").awaitReceipt("3");
			assertThat(client.frames().stream().filter((frame) -> frame.command().equals("RECEIPT"))).hasSize(1);
		}
	}

}
