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

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;

import io.github.atmosphererelay.contract.broker.Broker;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.TestNode;
import org.junit.jupiter.api.Test;

import org.springframework.messaging.simp.SimpMessageHeaderAccessor;
import org.springframework.messaging.simp.SimpMessageType;
import org.springframework.messaging.simp.SimpMessagingTemplate;
import org.springframework.messaging.support.MessageBuilder;
import org.springframework.util.MimeTypeUtils;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The same steps on Spring's simple broker alone, on one node, and on two nodes with this
 * library: the clients get the same frames.
 */
class StompDifferenceTests {

	private static final String PROBE = "probe";

	@Test
	void twoNodesSendTheSameFramesAsSpringAlone() {
		Map<String, List<String>> alone;
		try (TestNode node = TestNode.start(List.of(StompApplication.class))) {
			alone = new Stage(node, node).play();
		}
		try (Broker broker = new Broker.Redis(); TestNode a = start(broker); TestNode b = start(broker)) {
			Stream.of(a, b).forEach(TestNode::awaitUp);
			assertThat(new Stage(a, b).play()).isEqualTo(alone);
			assertThat(new Stage(b, a).play()).isEqualTo(alone);
		}
	}

	private static TestNode start(Broker broker) {
		List<String> arguments = new ArrayList<>(Arrays.asList(broker.directProperties()));
		arguments.add("atmosphere.stomp.enabled=true");
		return TestNode.start(List.of(StompApplication.class), arguments.toArray(String[]::new));
	}

	/**
	 * Two clients of one user and the application, each on a node.
	 */
	private static final class Stage {

		private final SimpMessagingTemplate here;

		private final SimpMessagingTemplate there;

		private final TestNode nodeHere;

		private final TestNode nodeThere;

		private StompClient first;

		private StompClient second;

		private final Map<String, List<String>> frames = new LinkedHashMap<>();

		Stage(TestNode here, TestNode there) {
			this.nodeHere = here;
			this.nodeThere = there;
			this.here = AbstractStompNodesTests.template(here);
			this.there = AbstractStompNodesTests.template(there);
		}

		Map<String, List<String>> play() {
			this.first = StompClient.connect(this.nodeHere.port(), "ada");
			this.second = StompClient.connect(this.nodeThere.port(), "ada");
			record("connected", 1, 1);
			for (StompClient each : List.of(this.first, this.second)) {
				each.send("SUBSCRIBE", "", "id:1", "destination:/topic/x");
				each.send("SUBSCRIBE", "", "id:2", "destination:/topic/echo");
				each.send("SUBSCRIBE", "", "id:3", "destination:/user/queue/notes");
				each.send("SUBSCRIBE", "", "id:4", "destination:/user/queue/reply");
				each.send("SUBSCRIBE", "", "id:5", "destination:/topic/pattern/*");
				each.send("SUBSCRIBE", "", "id:6", "destination:/topic/select", "selector:headers.color == 'red'");
				each.send("SUBSCRIBE", "", "id:7", "destination:/topic/twice");
				each.send("SUBSCRIBE", "", "id:8", "destination:/topic/twice");
			}
			awaitSubscriptions();
			messagesOfClients();
			messagesOfTheApplication();
			messagesToUsers();
			step("a subscription to a method", 1, 0,
					(stage) -> this.first.send("SUBSCRIBE", "", "id:9", "destination:/app/hello"));
			step("what is forbidden", 1, 0, (stage) -> this.first.publish("/topic/forbidden", "no"));
			this.first.close();
			this.second.close();
			return this.frames;
		}

		private void messagesOfClients() {
			step("headers", 1, 1, (stage) -> this.first.publish("/topic/x", "text", "content-type:text/plain",
					"color:red", "color:blue", "na\\cme:va\\nlue", "x:"));
			step("no body", 1, 1, (stage) -> this.first.publish("/topic/x", ""));
			step("UTF-8", 1, 1, (stage) -> this.first.publish("/topic/x", "äöü€😀", "content-type:application/json"));
			step("binary", 1, 1,
					(stage) -> this.first.publish("/topic/x", "bytes", "content-type:application/octet-stream"));
			step("headers of the server", 1, 1, (stage) -> this.first.publish("/topic/x", "forged", "message-id:m",
					"subscription:s", "receipt-id:r", "user-name:eve", "simpOrigDestination:/topic/other"));
			step("to a pattern", 1, 1, (stage) -> this.first.publish("/topic/pattern/a", "pattern"));
			step("to no one", 0, 0, (stage) -> this.first.publish("/topic/pattern/a/b", "nobody"));
			step("selected", 1, 1, (stage) -> this.first.publish("/topic/select", "red", "color:red"));
			step("not selected", 0, 0, (stage) -> this.first.publish("/topic/select", "blue", "color:blue"));
			step("two subscriptions", 2, 2, (stage) -> this.first.publish("/topic/twice", "twice"));
			step("to a method", 1, 1, (stage) -> this.first.publish("/app/echo", "echo", "color:red"));
		}

		private void messagesOfTheApplication() {
			step("a string", 1, 1, (stage) -> this.here.convertAndSend("/topic/x", "text"));
			step("an object", 1, 1, (stage) -> this.here.convertAndSend("/topic/x", (Object) Map.of("n", 1)));
			step("bytes", 1, 1,
					(stage) -> this.here.convertAndSend("/topic/x", "bytes".getBytes(StandardCharsets.UTF_8)));
			step("headers of the application", 1, 1,
					(stage) -> this.here.convertAndSend("/topic/x", "text", Map.of("color", "red")));
			step("another header", 1, 1, (stage) -> {
				SimpMessageHeaderAccessor accessor = SimpMessageHeaderAccessor.create(SimpMessageType.MESSAGE);
				accessor.setContentType(MimeTypeUtils.TEXT_HTML);
				accessor.setHeader("color", "red");
				accessor.setDestination("/topic/select");
				this.here.send(MessageBuilder.createMessage("selected".getBytes(StandardCharsets.UTF_8),
						accessor.getMessageHeaders()));
			});
		}

		private void messagesToUsers() {
			step("to a user", 1, 1, (stage) -> this.here.convertAndSendToUser("ada", "/queue/notes", "note"));
			step("to a user with headers", 1, 1, (stage) -> this.here.convertAndSendToUser("ada", "/queue/notes",
					Map.of("n", 1), Map.of("color", "red")));
			step("to nobody", 0, 0, (stage) -> this.here.convertAndSendToUser("eve", "/queue/notes", "note"));
			step("of a client to its own user", 1, 0, (stage) -> this.first.publish("/user/ada/queue/notes", "mine"));
			step("a reply to one session", 1, 0, (stage) -> this.first.publish("/app/one", "1"));
			step("a reply to all sessions", 1, 1, (stage) -> this.first.publish("/app/all", "2"));
		}

		/**
		 * Send until everything is subscribed: Spring alone does not say when it is.
		 */
		private void awaitSubscriptions() {
			MachineTime.await(Duration.ofSeconds(20)).pollInterval(Duration.ofMillis(50)).until(() -> {
				for (String each : List.of("x", "echo", "pattern/a", "twice")) {
					this.here.convertAndSend("/topic/" + each, PROBE);
				}
				this.here.convertAndSend("/topic/select", PROBE, Map.of("color", "red"));
				this.here.convertAndSendToUser("ada", "/queue/notes", PROBE);
				this.there.convertAndSendToUser("ada", "/queue/reply", PROBE);
				return Stream.of(this.first, this.second)
					.allMatch((client) -> client.messages()
						.stream()
						.map((frame) -> frame.headers().get("subscription"))
						.distinct()
						.count() == 8);
			});
		}

		private void step(String name, int here, int there, Consumer<Stage> action) {
			action.accept(this);
			record(name, here, there);
		}

		/**
		 * Wait for the frames of a step, and for a message to both clients that follows
		 * them, so that there are no others.
		 */
		private void record(String name, int here, int there) {
			MachineTime.await(Duration.ofSeconds(10))
				.pollInterval(Duration.ofMillis(2))
				.untilAsserted(() -> assertThat(List.of(frames(this.first).size(), frames(this.second).size())).as(name)
					.isEqualTo(List.of(here, there)));
			this.frames.put(name + " here", sorted(this.first));
			this.frames.put(name + " there", sorted(this.second));
			this.first.frames().removeIf((frame) -> !frame.body().contains(PROBE));
			this.second.frames().removeIf((frame) -> !frame.body().contains(PROBE));
		}

		private static List<Frame> frames(StompClient client) {
			return client.frames().stream().filter((frame) -> !frame.body().contains(PROBE)).toList();
		}

		private static List<String> sorted(StompClient client) {
			return frames(client).stream().map(Frame::comparable).sorted().toList();
		}

	}

}
