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
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

import io.github.atmosphererelay.stomp.internal.StompRelay;
import io.github.atmosphererelay.stomp.internal.StompStatistics;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.Reconciles;
import io.github.atmosphererelay.test.TestNode;
import org.junit.jupiter.api.Test;

import org.springframework.messaging.MessageDeliveryException;
import org.springframework.messaging.simp.SimpMessageHeaderAccessor;
import org.springframework.messaging.simp.SimpMessageType;
import org.springframework.messaging.simp.user.SimpSubscription;
import org.springframework.messaging.simp.user.SimpUser;
import org.springframework.messaging.simp.user.SimpUserRegistry;
import org.springframework.messaging.support.MessageBuilder;
import org.springframework.web.socket.messaging.SubProtocolWebSocketHandler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * An application with Spring's simple broker on two nodes: order, subscriptions, users
 * and limits.
 */
abstract class AbstractStompTests extends AbstractStompNodesTests {

	@Test
	@Reconciles
	void messagesOfOneThreadKeepTheirOrderForEachSubscriberOfBothNodes() {
		int total = Boolean.getBoolean("atmosphere.test.long") ? 10_000 : 1_000;
		List<StompClient> subscribers = IntStream.range(0, Boolean.getBoolean("atmosphere.test.long") ? 50 : 10)
			.mapToObj((i) -> connect((i % 2 != 0) ? a() : b(), null))
			.toList();
		subscribers.forEach((each) -> {
			each.subscribe("1", "/topic/order");
			each.frames().clear();
		});
		List<String> expected = IntStream.range(0, total).mapToObj(Integer::toString).toList();
		for (int i = 0; i < total; i++) {
			template(a()).convertAndSend("/topic/order", expected.get(i));
			if (i % 200 == 199) {
				int sent = i - 200;
				subscribers.forEach((each) -> each.awaitMessages(sent));
			}
		}
		for (StompClient each : subscribers) {
			each.awaitMessages(total);
			assertThat(each.bodies()).isEqualTo(expected);
		}
	}

	@Test
	void patternsAndSelectorsGetTheMessagesOfTheOtherNode() {
		StompClient pattern = connect(b(), null).subscribe("1", "/topic/news/**");
		StompClient selector = connect(b(), null).subscribe("1", "/topic/colors", "selector:headers.color == 'red'");
		template(a()).convertAndSend("/topic/news/sports/1", "sports");
		template(a()).convertAndSend("/topic/newspaper", "not news");
		template(a()).convertAndSend("/topic/news/end", "end");
		template(a()).convertAndSend("/topic/colors", "blue", Map.of("color", "blue"));
		template(a()).convertAndSend("/topic/colors", "red", Map.of("color", "red"));
		// Two destinations, so their order is not promised
		pattern.awaitMessages(2);
		assertThat(pattern.bodies()).containsExactlyInAnyOrder("sports", "end");
		selector.expect("red");
	}

	@Test
	void whatAnInterceptorRefusesNeverLeavesTheNode() {
		StompClient there = connect(b(), null).subscribe("1", "/topic/**");
		StompStatistics statistics = a().bean(StompRelay.class).statistics();
		long before = statistics.sent(StompStatistics.Sent.RELAYED);
		StompClient sender = connect(a(), null);
		sender.publish("/topic/forbidden", "no");
		assertThat(sender.awaitFrame("ERROR").text()).contains("Failed to send message");
		StompClient another = connect(a(), null);
		another.publish("/topic/allowed", "yes", "receipt:1").awaitReceipt("1");
		there.expect("yes");
		assertThat(statistics.sent(StompStatistics.Sent.RELAYED)).isEqualTo(before + 1);
	}

	@Test
	void nothingIsMissedAfterTheReceiptOfASubscription() {
		int rounds = Boolean.getBoolean("atmosphere.test.long") ? 1_000 : 200;
		StompClient there = connect(b(), null);
		for (int i = 0; i < rounds; i++) {
			String number = Integer.toString(i);
			there.subscribe(number, "/topic/fresh/" + number);
			template(a()).convertAndSend("/topic/fresh/" + number, number);
			MachineTime.await(Duration.ofSeconds(10))
				.pollInterval(Duration.ofMillis(1))
				.untilAsserted(() -> assertThat(there.bodies()).containsExactly(number));
			there.send("UNSUBSCRIBE", "", "id:" + number);
			there.frames().clear();
		}
		StompClient asking = connect(b(), null);
		asking.send("SUBSCRIBE", "", "id:1", "destination:/app/hello");
		asking.expect("hello");
		assertThat(asking.frames()).noneMatch((frame) -> frame.command().equals("RECEIPT"));
	}

	@Test
	void theRegistriesOfBothNodesAgreeSoon() {
		StompClient one = connect(a(), "uma").subscribe("1", "/topic/x");
		connect(b(), "uma").subscribe("7", "/topic/y");
		connect(b(), "vic").subscribe("1", "/topic/x");
		for (TestNode node : List.of(a(), b())) {
			SimpUserRegistry registry = node.bean(SimpUserRegistry.class);
			MachineTime.await(Duration.ofSeconds(5)).untilAsserted(() -> {
				assertThat(registry.getUserCount()).isEqualTo(2);
				assertThat(registry.getUsers()).extracting(SimpUser::getName).containsExactlyInAnyOrder("uma", "vic");
				assertThat(registry.getUser("uma").getSessions()).hasSize(2);
				assertThat(registry.findSubscriptions((each) -> each.getDestination().equals("/topic/x")))
					.extracting((each) -> each.getSession().getUser().getName())
					.containsExactlyInAnyOrder("uma", "vic");
				assertThat(registry.findSubscriptions((each) -> each.getDestination().equals("/topic/y")))
					.extracting(SimpSubscription::getId)
					.containsExactly("7");
			});
		}
		one.close();
		SimpUserRegistry there = b().bean(SimpUserRegistry.class);
		MachineTime.await(Duration.ofSeconds(5))
			.untilAsserted(() -> assertThat(there.getUser("uma").getSessions()).hasSize(1));
	}

	@Test
	void fiveThousandDestinationsThatNobodyWantsCostAQuietNodeNoScan() {
		StompClient quiet = connect(b(), null).subscribe("1", "/topic/end");
		StompStatistics there = b().bean(StompRelay.class).statistics();
		long unwanted = there.received(StompStatistics.Received.UNWANTED);
		long delivered = there.received(StompStatistics.Received.DELIVERED);
		for (int i = 0; i < 5_000; i++) {
			template(a()).convertAndSend("/topic/many/" + i, "x");
		}
		template(a()).convertAndSend("/topic/end", "end");
		quiet.expect("end");
		MachineTime.await(Duration.ofSeconds(20))
			.untilAsserted(
					() -> assertThat(there.received(StompStatistics.Received.UNWANTED) - unwanted).isEqualTo(5_000));
		// Spring's broker, whose registry would look at all subscriptions, has seen one
		assertThat(there.received(StompStatistics.Received.DELIVERED) - delivered).isOne();
	}

	@Test
	void aClientThatReadsNothingHoldsUpNobodyAndEndsByTheLimitsOfSpring() throws Exception {
		StompClient reading = connect(b(), null).subscribe("1", "/topic/large");
		try (SilentStompClient silent = SilentStompClient.subscribe(b().port(), "/topic/large")) {
			String large = "x".repeat(50_000);
			MachineTime.await(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(20)).until(() -> {
				template(a()).convertAndSend("/topic/large", large);
				return b().bean(SubProtocolWebSocketHandler.class).getStats().getLimitExceededSessions() > 0;
			});
		}
		reading.frames().clear();
		template(a()).convertAndSend("/topic/large", "end");
		MachineTime.await(Duration.ofSeconds(10)).until(() -> reading.bodies().contains("end"));
		assertThat(b().messaging().monitor().isUp()).isTrue();
		assertThat(b().messaging().monitor().statistics().outages()).isZero();
	}

	@Test
	void aPayloadThatIsNotBytesIsRefusedWithAnErrorThatNamesTheWayOut() {
		StompClient here = connect(a(), null).subscribe("1", "/topic/objects");
		SimpMessageHeaderAccessor accessor = SimpMessageHeaderAccessor.create(SimpMessageType.MESSAGE);
		accessor.setDestination("/topic/objects");
		assertThatExceptionOfType(MessageDeliveryException.class).isThrownBy(
				() -> template(a()).send(MessageBuilder.createMessage(new int[] { 1 }, accessor.getMessageHeaders())))
			.withMessageContaining("not an array of bytes")
			.withMessageContaining("convertAndSend");
		template(a()).convertAndSend("/topic/objects", "end");
		here.expect("end");
		assertThat(a().bean(StompRelay.class).statistics().sent(StompStatistics.Sent.REFUSED)).isPositive();
	}

}
