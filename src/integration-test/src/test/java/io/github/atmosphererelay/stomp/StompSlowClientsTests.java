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
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;

import io.github.atmosphererelay.message.internal.BucketMessages;
import io.github.atmosphererelay.stomp.internal.StompRelay;
import io.github.atmosphererelay.stomp.internal.StompStatistics;
import io.github.atmosphererelay.test.BrokerCluster;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.Reconciles;
import io.github.atmosphererelay.testkit.ApplicationNode;
import io.github.atmosphererelay.testkit.RelayCluster;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import org.springframework.context.annotation.Configuration;
import org.springframework.messaging.Message;
import org.springframework.messaging.MessageChannel;
import org.springframework.messaging.MessageHandler;
import org.springframework.messaging.simp.SimpMessageHeaderAccessor;
import org.springframework.messaging.simp.SimpMessagingTemplate;
import org.springframework.messaging.simp.config.ChannelRegistration;
import org.springframework.messaging.support.ExecutorChannelInterceptor;
import org.springframework.scheduling.concurrent.ThreadPoolTaskExecutor;
import org.springframework.web.socket.config.annotation.WebSocketMessageBrokerConfigurer;
import org.springframework.web.socket.config.annotation.WebSocketTransportRegistration;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Clients that do not read, and messages that come faster than they can be written.
 */
class StompSlowClientsTests {

	private final List<AutoCloseable> open = new ArrayList<>();

	@AfterEach
	void close() throws Exception {
		for (int i = this.open.size() - 1; i >= 0; i--) {
			this.open.get(i).close();
		}
	}

	private RelayCluster start(int nodes, Class<?> configuration, String... properties) {
		RelayCluster.Builder builder = BrokerCluster.inMemory(StompApplication.class, configuration)
			.property("atmosphere.stomp.enabled=true");
		for (String each : properties) {
			builder.property(each);
		}
		RelayCluster cluster = builder.nodes(nodes).start();
		this.open.add(cluster);
		return cluster;
	}

	private StompClient connect(ApplicationNode node) {
		StompClient client = StompClient.connect(node.port(), null);
		this.open.add(client);
		return client;
	}

	private void silent(ApplicationNode node, int number) throws Exception {
		for (int i = 0; i < number; i++) {
			this.open.add(SilentStompClient.subscribe(node.port(), "/topic/slow"));
		}
	}

	private static SimpMessagingTemplate template(ApplicationNode node) {
		return node.context().getBean("brokerMessagingTemplate", SimpMessagingTemplate.class);
	}

	private static StompRelay relay(ApplicationNode node) {
		return node.bean(StompRelay.class);
	}

	private static long slow(ApplicationNode node, StompStatistics.SlowReason... reasons) {
		long slow = 0;
		for (StompStatistics.SlowReason each : reasons) {
			slow += relay(node).statistics().slow(each);
		}
		return slow;
	}

	/**
	 * More of them than Spring's channel to clients has threads: all others of the node
	 * waited for 20 seconds.
	 */
	@Test
	@Reconciles
	void aCrowdOfClientsThatNeverReadHoldsUpNoOther() throws Exception {
		RelayCluster cluster = start(2, Nothing.class);
		ApplicationNode b = cluster.node(1);
		int crowd = 3
				* b.context().getBean("clientOutboundChannelExecutor", ThreadPoolTaskExecutor.class).getCorePoolSize();
		silent(b, crowd);
		StompClient reading = connect(b).subscribe("1", "/topic/slow");
		StompClient other = connect(b).subscribe("1", "/topic/other");
		String large = "x".repeat(50_000);
		Duration longest = Duration.ZERO;
		MachineTime whole = MachineTime.start();
		int sent = 0;
		while (slow(b, StompStatistics.SlowReason.values()) < crowd) {
			assertThat(whole.elapsed()).isLessThan(Duration.ofSeconds(60));
			sent++;
			template(cluster.node(0)).convertAndSend("/topic/slow", sent + large);
			template(cluster.node(0)).convertAndSend("/topic/other", Integer.toString(sent));
			MachineTime time = MachineTime.start();
			other.awaitMessages(sent);
			reading.awaitMessages(sent);
			Duration elapsed = time.elapsed();
			longest = (elapsed.compareTo(longest) > 0) ? elapsed : longest;
		}
		// Spring alone takes 20 seconds
		assertThat(longest).isLessThan(Duration.ofSeconds(4));
		assertThat(other.bodies()).isEqualTo(IntStream.rangeClosed(1, sent).mapToObj(Integer::toString).toList());
		assertThat(reading.bodies()).isEqualTo(IntStream.rangeClosed(1, sent).mapToObj((i) -> i + large).toList());
		assertThat(reading.isClosed()).isFalse();
		assertThat(relay(b).statistics().received(StompStatistics.Received.DROPPED)).isZero();
		MachineTime.await(Duration.ofSeconds(20)).until(() -> relay(b).sessions() == 2);
		// The executor is again as the application has configured it
		MachineTime.await(Duration.ofSeconds(20))
			.until(() -> b.context()
				.getBean("clientOutboundChannelExecutor", ThreadPoolTaskExecutor.class)
				.getThreadPoolExecutor()
				.getCorePoolSize() == crowd / 3);
		assertThat(relay(b).outboundBytes()).isZero();
	}

	@Test
	@Reconciles
	void tenThousandSubscribersOfOneDestinationHoldUpNoOtherBucket() {
		RelayCluster cluster = start(2, Nothing.class);
		ApplicationNode b = cluster.node(1);
		int each = 200;
		int messages = 4;
		List<StompClient> crowd = IntStream.range(0, 50).mapToObj((i) -> connect(b)).toList();
		crowd.forEach((client) -> {
			IntStream.range(1, each)
				.forEach((id) -> client.send("SUBSCRIBE", "", "id:" + id, "destination:/topic/crowd"));
			client.subscribe("0", "/topic/crowd");
			client.frames().clear();
		});
		StompClient other = connect(b).subscribe("1", "/topic/other");
		assertThat(BucketMessages.number("/topic/crowd", 16)).isNotEqualTo(BucketMessages.number("/topic/other", 16));
		for (int i = 0; i < messages; i++) {
			template(cluster.node(0)).convertAndSend("/topic/crowd", Integer.toString(i));
		}
		template(cluster.node(0)).convertAndSend("/topic/other", "other");
		other.awaitMessages(1);
		int arrived = crowd.stream().mapToInt((client) -> client.frames().size()).sum();
		crowd.forEach((client) -> client.awaitMessages(messages * each));
		// What was sent last did not wait for what was sent before to the others
		assertThat(arrived).isLessThan(messages * each * crowd.size());
		assertThat(crowd).allSatisfy((client) -> {
			assertThat(client.messages()).hasSize(messages * each);
			assertThat(client.messages().stream().map((frame) -> frame.headers().get("subscription")).distinct())
				.hasSize(each);
		});
	}

	@Test
	void aClientThatDoesNotReadEndsAtSpringsLimitOfTimeAlsoIfNothingElseIsSentToIt() throws Exception {
		ApplicationNode node = start(1, ShortLimit.class).node(0);
		silent(node, 1);
		fillUntilBlocked(node, 1);
		MachineTime.await(Duration.ofSeconds(10))
			.untilAsserted(() -> assertThat(slow(node, StompStatistics.SlowReason.TIME)).isOne());
		MachineTime.await(Duration.ofSeconds(10)).until(() -> relay(node).sessions() == 0);
		MachineTime.await(Duration.ofSeconds(10)).until(() -> relay(node).blockedSessions() == 0);
	}

	@Test
	void ofTooManyClientsThatDoNotReadThoseThatAreBlockedLongestEnd() throws Exception {
		ApplicationNode node = start(1, LongLimit.class, "atmosphere.websocket.max-stuck-writers=2").node(0);
		silent(node, 5);
		String large = "x".repeat(50_000);
		MachineTime.await(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(5)).until(() -> {
			template(node).convertAndSend("/topic/slow", large);
			return slow(node, StompStatistics.SlowReason.CROWD) == 3;
		});
		MachineTime.await(Duration.ofSeconds(10)).until(() -> relay(node).sessions() == 2);
		assertThat(slow(node, StompStatistics.SlowReason.values())).isEqualTo(3);
		assertThat(relay(node).blockedSessions()).isEqualTo(2);
	}

	private static void fillUntilBlocked(ApplicationNode node, int number) {
		String large = "x".repeat(50_000);
		MachineTime.await(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(5)).until(() -> {
			template(node).convertAndSend("/topic/slow", large);
			return relay(node).blockedSessions() == number;
		});
	}

	/**
	 * Without it all of them lay in queues of Spring that have no bound.
	 */
	@Test
	@Reconciles
	void messagesOfOtherNodesWaitBeforeTheBrokerWhileTooMuchWaitsBehindIt() {
		RelayCluster cluster = start(2, Nothing.class, "atmosphere.stomp.max-outbound=1MB");
		ApplicationNode b = cluster.node(1);
		List<StompClient> subscribers = IntStream.range(0, 20)
			.mapToObj((i) -> connect(b).subscribe("1", "/topic/many"))
			.toList();
		int total = 1_000;
		long most = 0;
		for (int i = 0; i < total; i++) {
			template(cluster.node(0)).convertAndSend("/topic/many", Integer.toString(i));
			most = Math.max(most, relay(b).outboundBytes());
		}
		for (StompClient each : subscribers) {
			while (each.messages().size() < total && !each.isClosed()) {
				most = Math.max(most, relay(b).outboundBytes());
				Thread.onSpinWait();
			}
		}
		// A thirty-second part, and one more message to all subscribers
		assertThat(most).isPositive().isLessThan(80_000);
		List<String> expected = IntStream.range(0, total).mapToObj(Integer::toString).toList();
		assertThat(subscribers).allSatisfy((each) -> assertThat(each.bodies()).isEqualTo(expected));
		assertThat(relay(b).statistics().received(StompStatistics.Received.DROPPED)).isZero();
		MachineTime.await(Duration.ofSeconds(10)).until(() -> relay(b).outboundBytes() == 0);
	}

	@Test
	void ifTooMuchWaitsForAllClientsThoseThatAreFurthestBehindEnd() {
		ApplicationNode node = start(1, Held.class, "atmosphere.stomp.max-outbound=1MB").node(0);
		StompClient behind = connect(node).subscribe("1", "/topic/held");
		StompClient other = connect(node).subscribe("1", "/topic/other");
		Held held = node.bean(Held.class);
		try {
			for (int i = 0; i < 2_000; i++) {
				template(node).convertAndSend("/topic/held", "x");
			}
			MachineTime.await(Duration.ofSeconds(10)).until(behind::isClosed);
		}
		finally {
			held.latch.countDown();
		}
		assertThat(behind.closeStatus()).isEqualTo(4500);
		assertThat(slow(node, StompStatistics.SlowReason.BACKLOG)).isOne();
		template(node).convertAndSend("/topic/other", "end");
		other.expect("end");
		MachineTime.await(Duration.ofSeconds(10)).until(() -> relay(node).outboundBytes() == 0);
	}

	/**
	 * The application as it is.
	 */
	@Configuration(proxyBeanMethods = false)
	static class Nothing {

	}

	/**
	 * A client has a second to read a message, and any number may wait for it.
	 */
	@Configuration(proxyBeanMethods = false)
	static class ShortLimit implements WebSocketMessageBrokerConfigurer {

		@Override
		public void configureWebSocketTransport(WebSocketTransportRegistration registration) {
			registration.setSendTimeLimit(1_000).setSendBufferSizeLimit(Integer.MAX_VALUE);
		}

	}

	/**
	 * A client has a minute to read a message, and any number may wait for it.
	 */
	@Configuration(proxyBeanMethods = false)
	static class LongLimit implements WebSocketMessageBrokerConfigurer {

		@Override
		public void configureWebSocketTransport(WebSocketTransportRegistration registration) {
			registration.setSendTimeLimit(60_000).setSendBufferSizeLimit(Integer.MAX_VALUE);
		}

	}

	/**
	 * Messages to a destination are held back on their way to clients.
	 */
	@Configuration(proxyBeanMethods = false)
	static class Held implements WebSocketMessageBrokerConfigurer {

		private final CountDownLatch latch = new CountDownLatch(1);

		@Override
		public void configureClientOutboundChannel(ChannelRegistration registration) {
			registration.interceptors(new ExecutorChannelInterceptor() {

				@Override
				public @Nullable Message<?> beforeHandle(Message<?> message, MessageChannel channel,
						MessageHandler handler) {
					if ("/topic/held".equals(SimpMessageHeaderAccessor.getDestination(message.getHeaders()))
							&& SimpMessageHeaderAccessor.getSubscriptionId(message.getHeaders()) != null) {
						await();
					}
					return message;
				}

			});
		}

		private void await() {
			try {
				this.latch.await();
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
		}

	}

}
