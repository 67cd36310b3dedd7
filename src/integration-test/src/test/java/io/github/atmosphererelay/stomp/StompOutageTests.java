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
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;

import io.github.atmosphererelay.actuate.internal.AtmosphereHealthIndicator;
import io.github.atmosphererelay.contract.broker.Broker;
import io.github.atmosphererelay.event.RelayDown;
import io.github.atmosphererelay.event.RelayUp;
import io.github.atmosphererelay.stomp.internal.StompRelay;
import io.github.atmosphererelay.stomp.internal.StompStatistics;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.TestNode;
import org.junit.jupiter.api.Test;

import org.springframework.context.annotation.Configuration;
import org.springframework.context.event.EventListener;
import org.springframework.messaging.simp.broker.SimpleBrokerMessageHandler;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Two nodes whose broker goes away and comes back.
 */
class StompOutageTests {

	private static TestNode start(Broker broker) {
		List<String> arguments = new ArrayList<>(Arrays.asList(broker.directProperties()));
		arguments.add("atmosphere.stomp.enabled=true");
		arguments.add("atmosphere.relay.probe-interval=500ms");
		arguments.add("atmosphere.relay.probe-timeout=1s");
		return TestNode.start(List.of(StompApplication.class, Events.class), arguments.toArray(String[]::new));
	}

	@Test
	void localDeliveryGoesOnWhileTheBrokerIsAwayAndAllIsBackWithin5Seconds() {
		try (Broker broker = new Broker.Redis(); TestNode a = start(broker); TestNode b = start(broker)) {
			Stream.of(a, b).forEach(TestNode::awaitUp);
			StompClient here = StompClient.connect(a.port(), null).subscribe("1", "/topic/x");
			StompClient there = StompClient.connect(b.port(), null).subscribe("1", "/topic/x");
			StompStatistics statistics = a.bean(StompRelay.class).statistics();
			broker.kill();
			MachineTime.await(Duration.ofSeconds(20)).until(() -> !a.messaging().monitor().isUp());
			long missed = statistics.sent(StompStatistics.Sent.MISSED);
			AbstractStompNodesTests.template(a).convertAndSend("/topic/x", "while away");
			here.publish("/topic/x", "of a client", "receipt:lost");
			here.expect("while away", "of a client");
			MachineTime.await(Duration.ofSeconds(10))
				.until(() -> statistics.sent(StompStatistics.Sent.MISSED) == missed + 2);
			assertThat(a.bean(SimpleBrokerMessageHandler.class).isBrokerAvailable()).isTrue();
			AtmosphereHealthIndicator health = a.bean(AtmosphereHealthIndicator.class);
			assertThat(health.health().getStatus().getCode()).isEqualTo("DEGRADED");
			// A subscription that is made now is answered when it is of use
			StompClient late = StompClient.connect(b.port(), null);
			late.send("SUBSCRIBE", "", "id:1", "destination:/topic/late", "receipt:late");
			broker.start();
			late.awaitReceipt("late");
			MachineTime.await(Duration.ofSeconds(20)).until(() -> a.messaging().monitor().isUp());
			AbstractStompNodesTests.template(a).convertAndSend("/topic/late", "late");
			late.expect("late");
			MachineTime.await(Duration.ofSeconds(5)).pollInterval(Duration.ofMillis(50)).until(() -> {
				AbstractStompNodesTests.template(a).convertAndSend("/topic/x", "back");
				return there.bodies().contains("back");
			});
			assertThat(there.bodies()).doesNotContain("while away", "of a client");
			assertThat(here.frames()).noneMatch((frame) -> "lost".equals(frame.headers().get("receipt-id")));
			assertThat(health.health().getStatus().getCode()).isEqualTo("UP");
			assertThat(a.bean(Events.class).seen).containsSubsequence("up", "down", "up");
			Stream.of(here, there, late).forEach(StompClient::close);
		}
	}

	/**
	 * Keeps what the application is told of the relay.
	 */
	@Configuration(proxyBeanMethods = false)
	static class Events {

		private final List<String> seen = new CopyOnWriteArrayList<>();

		@EventListener
		void on(RelayUp event) {
			this.seen.add("up");
		}

		@EventListener
		void on(RelayDown event) {
			this.seen.add("down");
		}

	}

}
