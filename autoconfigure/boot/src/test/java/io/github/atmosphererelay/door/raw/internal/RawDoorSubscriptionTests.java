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

package io.github.atmosphererelay.door.raw.internal;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.Principal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.IntStream;

import io.github.atmosphererelay.cluster.Cluster;
import io.github.atmosphererelay.event.SessionConnected;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.refusal.Authorization;
import io.github.atmosphererelay.security.ChannelAuthorizer;
import io.github.atmosphererelay.session.ClientSession;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.TokenAuthenticator;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.session.internal.Subscription;
import io.github.atmosphererelay.session.internal.SubscriptionListener;
import io.github.atmosphererelay.test.LossyRelay;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.TestClient;
import io.github.atmosphererelay.test.TestNode;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.event.EventListener;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What clients of the raw door get when the application begins and ends their
 * subscriptions, too.
 */
class RawDoorSubscriptionTests {

	private static final JsonMapper JSON = JsonMapper.builder().build();

	private static final AtomicInteger NAMES = new AtomicInteger();

	private static TestNode node;

	private final List<TestClient> open = new ArrayList<>();

	private final String user = "u" + NAMES.incrementAndGet();

	private final String chat = "chat/" + this.user;

	private final String log = "log/" + this.user;

	@BeforeAll
	static void start() {
		node = TestNode.start(List.of(Beans.class), "atmosphere.channels[0].pattern=chat/**",
				"atmosphere.channels[0].presence=true", "atmosphere.channels[1].pattern=log/**",
				"atmosphere.channels[1].history.size=100", "atmosphere.channels[1].presence=true",
				"atmosphere.durable-sessions.enabled=true");
	}

	@AfterAll
	static void stop() {
		node.close();
	}

	@AfterEach
	void closeClients() {
		relay().away(false);
		relay().beforeSubscribe((address) -> {
		});
		this.open.forEach(TestClient::close);
		MachineTime.await(Duration.ofSeconds(10)).until(() -> node.messaging().registry().sessionCount() == 0);
	}

	private static LossyRelay relay() {
		return node.bean(LossyRelay.class);
	}

	private TestClient connect(String channelAndQuery) {
		TestClient client = TestClient.connect(node.uri(channelAndQuery), List.of("atmosphere", "bearer." + this.user));
		this.open.add(client);
		return client;
	}

	private LocalSession session() {
		return node.messaging().registry().ofUser(this.user).iterator().next();
	}

	private Position publish(String channel, String text) {
		Position position = node.broadcaster()
			.broadcast(channel, text)
			.orTimeout(10, TimeUnit.SECONDS)
			.join()
			.position();
		return (position != null) ? position : new Position("", 0);
	}

	private void applicationSubscribes(String channel) {
		assertThat(node.bean(Cluster.class).subscribe(this.user, channel).join().sessions()).isOne();
	}

	private void applicationUnsubscribes(String channel) {
		node.bean(Cluster.class).unsubscribe(this.user, channel).join();
	}

	private static List<JsonNode> frames(TestClient client) {
		return client.texts().stream().map(JSON::readTree).toList();
	}

	private static List<String> types(TestClient client) {
		return frames(client).stream().map((frame) -> frame.path("type").asString("-")).toList();
	}

	private String since(Position position) {
		return "since=" + URLEncoder.encode(position.epoch() + ":" + position.offset(), StandardCharsets.UTF_8);
	}

	/**
	 * The application hears of the session as soon as it is registered. Until the door
	 * has subscribed it for its position, a message comes.
	 */
	@Test
	void whoComesWithAPositionGetsEachMessageOnceAndInOrderAlsoIfTheApplicationSubscribesIt() {
		Position begin = publish(this.log, "\"0\"");
		IntStream.range(1, 4).forEach((i) -> publish(this.log, "\"" + i + "\""));
		AtomicBoolean once = new AtomicBoolean(true);
		Runnable fourth = () -> {
			if (once.getAndSet(false)) {
				publish(this.log, "\"4\"");
			}
		};
		Welcome welcome = node.bean(Welcome.class);
		welcome.channels.put(this.user, this.log);
		welcome.beforePresence.put(this.user, (session) -> {
			LocalSession registered = node.messaging().registry().find(session.id());
			if (registered != null) {
				MachineTime.await(Duration.ofSeconds(10)).until(() -> registered.isIn(this.log));
				fourth.run();
			}
		});
		TestClient client = connect(this.log + "?presence=true&" + since(begin));
		MachineTime.await(Duration.ofSeconds(10))
			.until(() -> node.messaging().registry().countInChannel(this.log) == 1);
		fourth.run();
		publish(this.log, "\"5\"");
		// A door that subscribes again does so after about a second
		MachineTime.await(Duration.ofSeconds(10))
			.during(Duration.ofMillis(1_500))
			.until(() -> client.texts()
				.stream()
				.filter((text) -> !text.startsWith("{\"type\":\"presence\""))
				.toList()
				.equals(List.of("\"1\"", "\"2\"", "\"3\"", "\"4\"", "\"5\"")));
	}

	@Test
	void aClientWithPositionsIsToldWhenTheApplicationEndsItsSubscriptionAndWhereItBeginsAgain() {
		TestClient client = connect(this.log + "?positions=true").awaitCount(1);
		publish(this.log, "1");
		client.awaitCount(2);
		applicationUnsubscribes(this.log);
		publish(this.log, "2");
		Position missed = publish(this.log, "3");
		applicationSubscribes(this.log);
		publish(this.log, "4");
		client.awaitCount(5);
		assertThat(types(client)).containsExactly("subscribed", "message", "unsubscribed", "subscribed", "message");
		JsonNode end = frames(client).get(2);
		assertThat(end.path("channel").asString()).isEqualTo(this.log);
		assertThat(end.path("session").asString()).isEqualTo(session().id());
		JsonNode again = frames(client).get(3);
		assertThat(again.path("epoch").asString()).isEqualTo(missed.epoch());
		assertThat(again.path("offset").asLong()).isEqualTo(missed.offset());
		assertThat(again.path("wasRecovering").asBoolean()).isFalse();
		assertThat(frames(client).get(4).path("offset").asLong()).isEqualTo(missed.offset() + 1);
	}

	@Test
	void aClientThatWaitsForAcknowledgementsIsToldOfTheEndToo() {
		TestClient client = connect(this.chat + "?ack=true&presence=true").awaitCount(2);
		applicationUnsubscribes(this.chat);
		publish(this.chat, "{\"type\":\"missed\"}");
		applicationSubscribes(this.chat);
		publish(this.chat, "{\"type\":\"live\"}");
		client.awaitCount(6);
		assertThat(types(client).subList(0, 4)).containsExactly("ready", "presence", "unsubscribed", "ready");
		assertThat(types(client).subList(4, 6)).containsExactlyInAnyOrder("presence", "live");
	}

	@Test
	void aClientThatAsksForNoFramesGetsNone() {
		TestClient client = connect(this.chat);
		MachineTime.await(Duration.ofSeconds(10))
			.until(() -> node.messaging().registry().countInChannel(this.chat) == 1);
		publish(this.chat, "\"1\"");
		applicationUnsubscribes(this.chat);
		publish(this.chat, "\"2\"");
		applicationSubscribes(this.chat);
		applicationSubscribes(this.log);
		publish(this.chat, "\"3\"");
		publish(this.log, "\"4\"");
		client.awaitCount(3);
		assertThat(client.texts()).containsExactly("\"1\"", "\"3\"", "\"4\"");
	}

	@Test
	void aChannelThatTheApplicationAddsComesWithItsPositionAndAfterTheFrameThatSaysSo() {
		TestClient client = connect(this.chat + "?positions=true").awaitCount(1);
		Position before = publish(this.log, "before");
		applicationSubscribes(this.log);
		publish(this.log, "live");
		client.awaitCount(3);
		String other = this.chat + "/other";
		node.bean(Beginnings.class).next(other, () -> publish(other, "early"));
		applicationSubscribes(other);
		client.awaitCount(5);
		assertThat(types(client)).containsExactly("subscribed", "subscribed", "message", "subscribed", "message");
		assertThat(frames(client).get(1).path("channel").asString()).isEqualTo(this.log);
		assertThat(frames(client).get(1).path("offset").asLong()).isEqualTo(before.offset());
		assertThat(frames(client).get(3).path("recoverable").asBoolean()).isFalse();
		assertThat(frames(client).get(4).path("data").asString()).isEqualTo("early");
	}

	@Test
	void aSubscriptionThatTheApplicationEndsWhileTheLogCannotBeReadDoesNotBegin() {
		Position begin = publish(this.log, "1");
		relay().away(true);
		TestClient client = connect(this.log + "?positions=true&" + since(begin)).awaitCount(1, Duration.ofSeconds(15));
		// As the node does that is asked for it
		node.messaging().subscriptions().unsubscribe(session(), this.log);
		client.awaitCount(2);
		assertThat(types(client)).containsExactly("error", "unsubscribed");
		relay().away(false);
		// Another one that is tried again is subscribed by then
		publish(this.log, "2");
		MachineTime.await(Duration.ofSeconds(15))
			.during(Duration.ofMillis(2_500))
			.until(() -> client.count() == 2 && !session().isIn(this.log));
	}

	@Test
	void aDurableSessionThatComesBackStaysOutOfWhatTheApplicationHasEnded() {
		TestClient client = connect(this.log + "?durable=true").awaitCount(2);
		String token = frames(client).get(0).path("token").asString();
		applicationSubscribes(this.chat);
		client.awaitCount(3);
		applicationUnsubscribes(this.chat);
		client.awaitCount(4);
		assertThat(types(client)).containsExactly("durable", "subscribed", "subscribed", "unsubscribed");
		client.close();
		MachineTime.await(Duration.ofSeconds(10)).until(() -> node.messaging().registry().sessionCount() == 0);
		TestClient back = connect(this.log + "?session=" + token).awaitCount(2);
		assertThat(frames(back).get(0).path("restored").asBoolean()).isTrue();
		assertThat(session().channels()).containsExactly(this.log);
	}

	@Test
	void aClientWhoseSessionEndsIsToldOfThatAlone() {
		TestClient client = connect(this.log + "?positions=true&ack=true").awaitCount(2);
		node.bean(Cluster.class).disconnectUser(this.user, CloseReason.GOING_AWAY).join();
		assertThat(client.awaitClosed(Duration.ofSeconds(10)).code()).isEqualTo(CloseReason.GOING_AWAY.code());
		assertThat(types(client)).containsExactly("subscribed", "ready");
	}

	/**
	 * Hears of subscriptions before the door does.
	 */
	static final class Beginnings implements SubscriptionListener {

		private final Map<String, Runnable> next = new ConcurrentHashMap<>();

		void next(String channel, Runnable action) {
			this.next.put(channel, action);
		}

		@Override
		public void subscribed(Subscription subscription) {
			Runnable action = this.next.remove(subscription.channel());
			if (action != null) {
				action.run();
			}
		}

	}

	/**
	 * Subscribes users to a channel as soon as their sessions are known, and is asked
	 * whether they may see who is there.
	 */
	static final class Welcome implements ChannelAuthorizer {

		private final Map<String, String> channels = new ConcurrentHashMap<>();

		private final Map<String, Consumer<ClientSession>> beforePresence = new ConcurrentHashMap<>();

		@EventListener
		void connected(SessionConnected event) {
			Principal user = event.session().principal();
			String channel = (user != null) ? this.channels.get(user.getName()) : null;
			if (channel != null) {
				node.bean(Cluster.class).subscribe(user.getName(), channel).join();
			}
		}

		@Override
		public Authorization canSubscribe(@Nullable Principal principal, @Nullable ClientSession session,
				String channel) {
			return Authorization.GRANTED;
		}

		@Override
		public Authorization canPublish(@Nullable Principal principal, ClientSession session, String channel) {
			return Authorization.GRANTED;
		}

		@Override
		public Authorization canSeePresence(@Nullable Principal principal, ClientSession session, String channel) {
			Consumer<ClientSession> action = (principal != null) ? this.beforePresence.get(principal.getName()) : null;
			if (action != null) {
				action.accept(session);
			}
			return Authorization.GRANTED;
		}

	}

	/**
	 * What the application has.
	 */
	@Configuration(proxyBeanMethods = false)
	static class Beans {

		@Bean
		Beginnings beginnings() {
			return new Beginnings();
		}

		@Bean
		Welcome welcome() {
			return new Welcome();
		}

		@Bean
		LossyRelay relay() {
			return new LossyRelay();
		}

		@Bean
		TokenAuthenticator tokens() {
			return (token) -> new TokenAuthenticator.Authenticated(() -> token, null);
		}

	}

}
