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
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import io.github.atmosphererelay.contract.broker.Broker;
import io.github.atmosphererelay.stomp.internal.StompRelay;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.TestNode;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

import org.springframework.messaging.simp.SimpMessageHeaderAccessor;
import org.springframework.messaging.simp.SimpMessageType;
import org.springframework.messaging.simp.SimpMessagingTemplate;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * An application with Spring's simple broker on two nodes: what it sends, and to whom.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class AbstractStompNodesTests {

	private final List<StompClient> clients = new ArrayList<>();

	private Broker broker;

	private TestNode a;

	private TestNode b;

	abstract Broker startBroker();

	/**
	 * Return more properties of the nodes.
	 */
	String[] properties() {
		return new String[0];
	}

	@BeforeAll
	void start() {
		this.broker = startBroker();
		this.a = startNode("node-a");
		this.b = startNode("node-b");
		Stream.of(this.a, this.b).forEach(TestNode::awaitUp);
	}

	TestNode startNode(String name) {
		List<String> arguments = new ArrayList<>(Arrays.asList(this.broker.directProperties()));
		arguments.addAll(Arrays.asList(properties()));
		arguments.add("atmosphere.stomp.enabled=true");
		arguments.add("atmosphere.cluster.node-name=" + name);
		return TestNode.start(List.of(StompApplication.class), arguments.toArray(String[]::new));
	}

	@AfterAll
	void stop() {
		Stream.of(this.a, this.b).forEach(TestNode::close);
		this.broker.close();
	}

	@AfterEach
	void closeClients() {
		this.clients.forEach(StompClient::close);
		this.clients.clear();
		Stream.of(this.a, this.b)
			.forEach((node) -> MachineTime.await(Duration.ofSeconds(10))
				.until(() -> node.bean(StompRelay.class).sessions() == 0));
	}

	TestNode a() {
		return this.a;
	}

	TestNode b() {
		return this.b;
	}

	Broker broker() {
		return this.broker;
	}

	StompClient connect(TestNode node, @Nullable String user) {
		StompClient client = StompClient.connect(node.port(), user);
		this.clients.add(client);
		return client;
	}

	static SimpMessagingTemplate template(TestNode node) {
		return node.context().getBean("brokerMessagingTemplate", SimpMessagingTemplate.class);
	}

	static String sessionOf(StompClient client) {
		client.subscribe("me", "/user/queue/me").publish("/app/me", "");
		MachineTime.await(Duration.ofSeconds(10)).until(() -> !client.messages().isEmpty());
		String session = client.messages().get(0).body();
		client.frames().clear();
		return session;
	}

	@Test
	void whatClientsAndTheApplicationSendArrivesOnBothNodesOnceAndWithTheSameFrames() {
		StompClient here = connect(this.a, null).subscribe("1", "/topic/x").subscribe("2", "/topic/echo");
		StompClient there = connect(this.b, null).subscribe("1", "/topic/x").subscribe("2", "/topic/echo");
		StompClient sender = connect(this.a, null);
		sender.publish("/topic/x", "from a client", "content-type:text/plain;charset=UTF-8", "color:red", "tint:dark",
				"receipt:77");
		sender.awaitReceipt("77");
		template(this.a).convertAndSend("/topic/x", "from the application", Map.of("color", "blue"));
		template(this.a).convertAndSend("/topic/x", (Object) Map.of("n", 1));
		sender.publish("/app/echo", "from a method", "receipt:78");
		sender.awaitReceipt("78");
		String[] bodies = { "from a client", "from the application", "{\"n\":1}", "{\"text\":\"from a method\"}" };
		here.expect(bodies);
		there.expect(bodies);
		assertThat(there.messages().stream().map(Frame::comparable).toList())
			.isEqualTo(here.messages().stream().map(Frame::comparable).toList());
		assertThat(there.messages().get(0).text()).contains("color:red\ntint:dark\n");
		// The application's interceptors of the other node see nothing of it
		assertThat(this.b.bean(StompApplication.Seen.class).destinations()).doesNotContain("/topic/x", "/topic/echo");
	}

	@Test
	void aMessageForAUserReachesEachOfItsSessionsOnceAlsoRightAfterTheyConnect() {
		for (int round = 0; round < 20; round++) {
			String user = "ada" + round;
			StompClient one = connect(this.a, user).subscribe("1", "/user/queue/notes");
			StompClient two = connect(this.a, user).subscribe("1", "/user/queue/notes");
			StompClient three = connect(this.b, user).subscribe("1", "/user/queue/notes");
			StompClient other = connect(this.b, "bob" + round).subscribe("1", "/user/queue/notes");
			template(this.a).convertAndSendToUser(user, "/queue/notes", "from a");
			template(this.b).convertAndSendToUser(user, "/queue/notes", "from b");
			other.publish("/user/" + user + "/queue/notes", "from bob", "receipt:1").awaitReceipt("1");
			for (StompClient each : List.of(one, two, three)) {
				MachineTime.await(Duration.ofSeconds(10))
					.untilAsserted(() -> assertThat(each.bodies()).hasSizeGreaterThanOrEqualTo(3));
				assertThat(each.bodies()).containsExactlyInAnyOrder("from a", "from b", "from bob");
				assertThat(each.messages().get(0).headers().get("destination")).isEqualTo("/user/queue/notes");
			}
			assertThat(other.bodies()).isEmpty();
		}
	}

	@Test
	void aReplyToOneSessionReachesNoOtherSessionOfTheUser() {
		StompClient sender = connect(this.a, "eve").subscribe("1", "/user/queue/reply");
		StompClient here = connect(this.a, "eve").subscribe("1", "/user/queue/reply");
		StompClient there = connect(this.b, "eve").subscribe("1", "/user/queue/reply");
		sender.publish("/app/one", "1");
		sender.expect("one 1");
		sender.publish("/app/all", "2");
		sender.expect("one 1", "all 2");
		here.expect("all 2");
		there.expect("all 2");
		StompClient anonymous = connect(this.b, null).subscribe("1", "/user/queue/reply");
		anonymous.publish("/app/one", "3");
		anonymous.expect("one 3");
		sender.expect("one 1", "all 2");
	}

	@Test
	void aMessageToTheIdOfASessionOfAnotherNodeArrives() {
		StompClient target = connect(this.a, "zoe");
		String session = sessionOf(target);
		target.subscribe("1", "/user/queue/notes");
		StompClient sibling = connect(this.b, "zoe").subscribe("1", "/user/queue/notes");
		SimpMessageHeaderAccessor accessor = SimpMessageHeaderAccessor.create(SimpMessageType.MESSAGE);
		accessor.setSessionId(session);
		accessor.setLeaveMutable(true);
		template(this.b).convertAndSendToUser(session, "/queue/notes", "by id", accessor.getMessageHeaders());
		template(this.b).convertAndSendToUser("zoe", "/queue/notes", "by name and id", accessor.getMessageHeaders());
		target.expect("by id", "by name and id");
		template(this.b).convertAndSendToUser("zoe", "/queue/notes", "for both");
		sibling.expect("for both");
		target.expect("by id", "by name and id", "for both");
	}

}
