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

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.IntStream;

import io.github.atmosphererelay.broadcast.Broadcaster;
import io.github.atmosphererelay.cluster.AffectedSessions;
import io.github.atmosphererelay.cluster.Cluster;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import io.github.atmosphererelay.session.SubscriptionState;
import io.github.atmosphererelay.session.TokenAuthenticator;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.session.internal.Subscription;
import io.github.atmosphererelay.session.internal.SubscriptionListener;
import io.github.atmosphererelay.subscription.InitialChannels;
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

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import static io.github.atmosphererelay.door.centrifuge.internal.CentrifugeSocket.json;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * What a node subscribes clients to without their asking. A user's name is the channels
 * that it gets, so that a test has users of its own.
 */
class CentrifugeServerSideTests {

	private static final AtomicInteger NAMES = new AtomicInteger();

	private static TestNode node;

	private final List<CentrifugeSocket> open = new ArrayList<>();

	@BeforeAll
	static void start() {
		node = TestNode.start(List.of(Beans.class), "atmosphere.channels[0].pattern=chat/**",
				"atmosphere.channels[0].client-publish=true", "atmosphere.channels[1].pattern=own/**",
				"atmosphere.channels[1].subscribe=none", "atmosphere.channels[1].history.size=100",
				"atmosphere.recovery.max-messages=10", "atmosphere.limits.channels-per-session=3");
	}

	@AfterAll
	static void stop() {
		node.close();
	}

	@AfterEach
	void closeClients() {
		relay().beforeReply(() -> CompletableFuture.completedFuture(null));
		this.open.forEach(CentrifugeSocket::close);
		MachineTime.await(Duration.ofSeconds(10)).until(() -> node.messaging().registry().sessionCount() == 0);
		// A session is gone before the last of its channels is
		MachineTime.await(Duration.ofSeconds(10)).until(() -> node.messaging().registry().channelCount() == 0);
	}

	private static LossyRelay relay() {
		return node.bean(LossyRelay.class);
	}

	private static String own() {
		return "own/" + NAMES.incrementAndGet();
	}

	private CentrifugeSocket open() {
		CentrifugeSocket socket = CentrifugeSocket.open(node.uri("connection/websocket"));
		this.open.add(socket);
		return socket;
	}

	private static JsonNode connect(CentrifugeSocket socket, String user) {
		return socket.call("connect", "{'token':'" + user + "'}");
	}

	private static JsonNode connect(CentrifugeSocket socket, String channel, String epoch, long offset) {
		return socket.call("connect", "{'token':'" + channel + "','subs':{'" + channel + "':{'recover':true,'epoch':'"
				+ epoch + "','offset':" + offset + "}}}");
	}

	private static String epoch(JsonNode connected, String channel) {
		return connected.path("subs").path(channel).path("epoch").asString();
	}

	private static void publish(String channel, int from, int to) {
		for (int i = from; i < to; i++) {
			node.broadcaster().broadcast(channel, String.valueOf(i)).join();
		}
	}

	private static List<Integer> data(List<JsonNode> publications) {
		return publications.stream().map((each) -> each.path("data").asInt()).toList();
	}

	private static List<JsonNode> publications(CentrifugeSocket socket) {
		return socket.pushes().stream().filter((each) -> each.has("pub")).map((each) -> each.path("pub")).toList();
	}

	@Test
	void aChannelThatTheClientIsInAlreadyKeepsItFromNoneOfTheOthers() {
		String own = own();
		publish(own, 0, 2);
		CentrifugeSocket socket = open();
		JsonNode connected = connect(socket, "chat/early chat/later " + own);
		assertThat(connected.path("subs").propertyNames()).containsExactlyInAnyOrder("chat/later", own);
		assertThat(socket.awaitPushes(1).get(0).path("channel").asString()).isEqualTo("chat/early");
		for (String channel : List.of("chat/early", "chat/later", own)) {
			node.broadcaster().broadcast(channel, "7").join();
		}
		MachineTime.await(Duration.ofSeconds(10)).until(() -> publications(socket).size() == 3);
		assertThat(data(publications(socket))).containsOnly(7);
	}

	@Test
	void theReplyToAConnectSaysWhereTheClientIs() {
		String own = own();
		publish(own, 0, 2);
		CentrifugeSocket socket = open();
		JsonNode connected = connect(socket, own + " chat/all chat/all nowhere");
		JsonNode subscribed = connected.path("subs").path(own);
		assertThat(subscribed).isEqualTo(json("{'recoverable':true,'positioned':true,'epoch':'"
				+ subscribed.path("epoch").asString() + "','offset':2}"));
		assertThat(connected.path("subs").path("chat/all")).isEqualTo(json("{}"));
		assertThat(connected.path("subs").size()).isEqualTo(2);
		publish(own, 2, 3);
		publish("chat/all", 3, 4);
		assertThat(socket.awaitPushes(2)).containsExactly(json("{'channel':'" + own + "','pub':{'data':2,'offset':3}}"),
				json("{'channel':'chat/all','pub':{'data':3}}"));
		assertThat(socket.errorOf("subscribe", "{'channel':'chat/all'}")).isEqualTo(105);
		assertThat(socket.errorOf("publish", "{'channel':'chat/all','data':4}")).isZero();
		assertThat(socket.errorOf("unsubscribe", "{'channel':'" + own + "'}")).isZero();
		assertThat(node.messaging().registry().countInChannel(own)).isZero();
	}

	@Test
	void whoHasAPositionGetsWhatItHasMissedOrIsToldThatItCannot() {
		String own = own();
		String epoch = epoch(connect(open(), own), own);
		publish(own, 1, 13);
		JsonNode recovered = connect(open(), own, epoch, 9).path("subs").path(own);
		assertThat(recovered).isEqualTo(json("{'was_recovering':true,'recoverable':true,'positioned':true,'epoch':'"
				+ epoch + "','offset':9,'recovered':true,'publications':[{'data':10,'offset':10},"
				+ "{'data':11,'offset':11},{'data':12,'offset':12}]}"));
		JsonNode nothingMissed = connect(open(), own, epoch, 12).path("subs").path(own);
		assertThat(nothingMissed.path("recovered").asBoolean()).isTrue();
		assertThat(nothingMissed.has("publications")).isFalse();
		assertThat(connect(open(), own, "", 11).path("subs").path(own).path("publications"))
			.isEqualTo(json("[{'data':12,'offset':12}]"));
		for (JsonNode each : List.of(connect(open(), own, epoch, 1), connect(open(), own, "another", 9),
				connect(open(), own, epoch, 13))) {
			assertThat(each.path("subs").path(own)).isEqualTo(json("{'was_recovering':true,'recoverable':true,"
					+ "'positioned':true,'epoch':'" + epoch + "','offset':12}"));
		}
	}

	@Test
	void aClientHasNoSayInWhereItIs() {
		String own = own();
		CentrifugeSocket socket = open();
		assertThat(connect(socket, own, "e", 0).path("subs").size()).isEqualTo(1);
		String other = own();
		CentrifugeSocket stranger = open();
		JsonNode connected = stranger.call("connect",
				"{'token':'none','subs':{'" + other + "':{'recover':true,'epoch':'e','offset':0}}}");
		assertThat(connected.has("subs")).isFalse();
		assertThat(node.messaging().registry().countInChannel(other)).isZero();
	}

	@Test
	void nothingIsLostOrDoubledBetweenTheReplyAndWhatComesLive() {
		String own = own();
		CentrifugeSocket first = open();
		String epoch = epoch(connect(first, own), own);
		int published = 0;
		for (int round = 0; round < 30; round++) {
			int held = published;
			CentrifugeSocket socket = open();
			int id = socket.command("connect", "{'token':'" + own + "','subs':{'" + own + "':{'recover':true,'epoch':'"
					+ epoch + "','offset':" + held + "}}}");
			publish(own, held + 1, held + 9);
			published += 8;
			JsonNode subscribed = socket.reply(id).path("connect").path("subs").path(own);
			assertThat(subscribed.path("recovered").asBoolean()).isTrue();
			List<JsonNode> replayed = new ArrayList<>();
			subscribed.path("publications").forEach(replayed::add);
			socket.awaitPushes(8 - replayed.size());
			replayed.addAll(publications(socket));
			assertThat(data(replayed)).isEqualTo(IntStream.rangeClosed(held + 1, published).boxed().toList());
			socket.close();
		}
	}

	@Test
	void nothingComesBeforeTheReply() {
		String own = own();
		CentrifugeSocket socket = open();
		String epoch = epoch(connect(open(), own), own);
		publish(own, 1, 3);
		CompletableFuture<@Nullable Void> readable = new CompletableFuture<>();
		relay().beforeReply(() -> readable);
		int connect = socket.command("connect", "{'token':'" + own + " chat/before','subs':{'" + own
				+ "':{'recover':true,'epoch':'" + epoch + "','offset':1}}}");
		int publish = socket.command("publish", "{'channel':'chat/before','data':'first'}");
		MachineTime.await(Duration.ofSeconds(5))
			.until(() -> node.messaging().registry().countInChannel("chat/before") == 1);
		node.broadcaster().toUser(own + " chat/before", "hello").join();
		node.broadcaster().broadcast("chat/before", "second").join();
		publish(own, 3, 4);
		assertThat(socket.objects()).isEmpty();
		readable.complete(null);
		socket.reply(publish);
		socket.awaitPushes(3);
		JsonNode connected = socket.objects().get(0);
		assertThat(connected.path("id").asInt()).isEqualTo(connect);
		assertThat(connected.path("connect").path("subs").path(own).path("publications"))
			.isEqualTo(json("[{'data':2,'offset':2},{'data':3,'offset':3}]"));
		assertThat(socket.pushes()).containsExactlyInAnyOrder(json("{'channel':'chat/before','pub':{'data':'first'}}"),
				json("{'channel':'chat/before','pub':{'data':'second'}}"), json("{'message':{'data':'hello'}}"));
	}

	@Test
	void aClientStandsWhereItIsUntilTheLogCanBeRead() {
		String own = own();
		String epoch = epoch(connect(open(), own), own);
		publish(own, 1, 5);
		relay().beforeReply(() -> CompletableFuture.failedFuture(new RelayUnavailableException("test", null)));
		CentrifugeSocket socket = open();
		assertThat(connect(socket, own, epoch, 2).path("subs").path(own))
			.isEqualTo(json("{'recoverable':true,'positioned':true,'epoch':'" + epoch + "','offset':2}"));
		CentrifugeSocket tooLate = open();
		connect(tooLate, own, "another", 2);
		publish(own, 5, 6);
		assertThat(publications(socket)).isEmpty();
		relay().beforeReply(() -> CompletableFuture.completedFuture(null));
		assertThat(socket.awaitPushes(4)).containsExactly(
				json("{'channel':'" + own + "','subscribe':{'was_recovering':true,'recoverable':true,"
						+ "'positioned':true,'epoch':'" + epoch + "','offset':2,'recovered':true}}"),
				json("{'channel':'" + own + "','pub':{'data':3,'offset':3}}"),
				json("{'channel':'" + own + "','pub':{'data':4,'offset':4}}"),
				json("{'channel':'" + own + "','pub':{'data':5,'offset':5}}"));
		assertThat(tooLate.awaitPushes(1))
			.containsExactly(json("{'channel':'" + own + "','subscribe':{'was_recovering':true,'recoverable':true,"
					+ "'positioned':true,'epoch':'" + epoch + "','offset':5}}"));
		publish(own, 6, 7);
		assertThat(socket.awaitPushes(5)).hasSize(5);
		assertThat(tooLate.awaitPushes(2).get(1).path("pub")).isEqualTo(json("{'data':6,'offset':6}"));
	}

	@Test
	void aSubscriptionThatIsEndedBeforeItHasBegunDoesNotBegin() {
		String own = own();
		String epoch = epoch(connect(open(), own), own);
		publish(own, 1, 3);
		relay().beforeReply(() -> CompletableFuture.failedFuture(new RelayUnavailableException("test", null)));
		CentrifugeSocket socket = open();
		connect(socket, own, epoch, 1);
		CentrifugeSocket another = open();
		connect(another, own, epoch, 1);
		assertThat(another.errorOf("unsubscribe", "{'channel':'" + own + "'}")).isZero();
		node.bean(Cluster.class).unsubscribe(own, own).join();
		assertThat(socket.awaitPushes(1)).containsExactly(
				json("{'channel':'" + own + "','unsubscribe':{'code':2000,'reason':'server unsubscribe'}}"));
		relay().beforeReply(() -> CompletableFuture.completedFuture(null));
		// Whoever is still to be subscribed is by then
		CentrifugeSocket witness = open();
		connect(witness, own, epoch, 1);
		publish(own, 3, 4);
		MachineTime.await(Duration.ofSeconds(10))
			.during(Duration.ofMillis(1_500))
			.until(() -> socket.pushes().size() == 1 && another.pushes().isEmpty());
		assertThat(node.messaging().registry().countInChannel(own)).isEqualTo(1);
	}

	/**
	 * The attempt is over at the very moment at which another subscription of its channel
	 * begins.
	 */
	@Test
	void anAttemptThatWasGivenUpEndsNoLaterSubscriptionOfItsChannel() {
		String own = own();
		String epoch = epoch(connect(open(), own), own);
		publish(own, 1, 3);
		CompletableFuture<@Nullable Void> readable = new CompletableFuture<>();
		relay().beforeReply(() -> readable);
		CentrifugeSocket socket = open();
		socket.command("connect", "{'token':'" + own + " chat/witness','subs':{'" + own + "':{'recover':true,'epoch':'"
				+ epoch + "','offset':1}}}");
		String user = own + " chat/witness";
		MachineTime.await(Duration.ofSeconds(10))
			.until(() -> node.messaging().registry().countInChannel("chat/witness") == 1);
		LocalSession session = node.messaging().registry().ofUser(user).iterator().next();
		node.bean(Cluster.class).unsubscribe(user, own).join();
		assertThat(session.isIn(own)).isFalse();
		node.bean(Beginnings.class).next(own, () -> readable.complete(null));
		Subscription later = new Subscription(session, own);
		assertThat(node.messaging().registry().add(later, Integer.MAX_VALUE)).isTrue();
		assertThat(readable).isDone();
		assertThat(session.subscription(own)).isSameAs(later);
		assertThat(socket.awaitPushes(1)).containsExactly(json("{'channel':'" + own + "','subscribe':{}}"));
		assertThat(socket.objects().get(0).path("connect").path("subs").propertyNames())
			.containsExactly("chat/witness");
		publish(own, 3, 4);
		assertThat(socket.awaitPushes(2).get(1).path("pub").path("data").asInt()).isEqualTo(3);
		node.bean(Cluster.class).unsubscribe(user, own).join();
		assertThat(socket.awaitPushes(3).get(2))
			.isEqualTo(json("{'channel':'" + own + "','unsubscribe':{'code':2000,'reason':'server unsubscribe'}}"));
	}

	/**
	 * The application was told that its client is subscribed, by one that was on its way
	 * out, and the client was in no channel soon afterwards.
	 */
	@Test
	void anAttemptThatWasGivenUpWhileItBeganIsNotTakenForASubscription() {
		String own = own();
		publish(own, 1, 3);
		String epoch = node.bean(Broadcaster.class).position(own).join().epoch();
		String user = own + " chat/witness";
		CompletableFuture<@Nullable Void> readable = new CompletableFuture<>();
		relay().beforeReply(() -> readable);
		Address.Channel address = new Address.Channel(own);
		relay().beforeSubscribe((followed) -> {
			if (followed.equals(address)) {
				node.messaging()
					.registry()
					.ofUser(user)
					.forEach((session) -> node.messaging().subscriptions().unsubscribe(session, own));
			}
		});
		CentrifugeSocket socket = open();
		socket.command("connect",
				"{'token':'" + user + "','subs':{'" + own + "':{'recover':true,'epoch':'" + epoch + "','offset':1}}}");
		MachineTime.await(Duration.ofSeconds(10))
			.until(() -> node.messaging().registry().countInChannel("chat/witness") == 1);
		relay().beforeSubscribe((followed) -> {
		});
		LocalSession session = node.messaging().registry().ofUser(user).iterator().next();
		assertThat(session.isIn(own)).isFalse();
		CompletableFuture<AffectedSessions> again = node.bean(Cluster.class).subscribe(user, own);
		readable.complete(null);
		assertThat(again.join().sessions()).isOne();
		assertThat(session.isIn(own)).isTrue();
		publish(own, 3, 4);
		MachineTime.await(Duration.ofSeconds(10))
			.until(() -> socket.pushes().stream().anyMatch((push) -> push.path("pub").path("data").asInt() == 3));
	}

	@Test
	void aClientThatIsTakenOutOfAChannelAsItIsAnsweredIsToldSoOnce() {
		CentrifugeSocket socket = open();
		connect(socket, "brief");
		node.bean(Beginnings.class).whenReady("chat/brief", node.messaging().subscriptions()::withdraw);
		assertThat(socket.errorOf("subscribe", "{'channel':'chat/brief'}")).isZero();
		// Whatever there is to be told comes before the reply to this
		assertThat(socket.errorOf("subscribe", "{'channel':'chat/brief'}")).isZero();
		assertThat(socket.pushes()).containsExactly(
				json("{'channel':'chat/brief','unsubscribe':{'code':2000,'reason':'server unsubscribe'}}"));
		assertThat(node.messaging().registry().countInChannel("chat/brief")).isOne();
	}

	@Test
	void aSubscriptionThatIsMadeLaterHasAPositionToo() {
		String own = own();
		CentrifugeSocket socket = open();
		connect(socket, "later");
		publish(own, 1, 3);
		Cluster cluster = node.bean(Cluster.class);
		cluster.subscribe("later", own).join();
		publish(own, 3, 4);
		cluster.subscribe("later", own).join();
		cluster.unsubscribe("later", own).join();
		List<JsonNode> pushes = socket.awaitPushes(3);
		String epoch = pushes.get(0).path("subscribe").path("epoch").asString();
		assertThat(pushes).containsExactly(
				json("{'channel':'" + own + "','subscribe':{'recoverable':true,'positioned':true,'epoch':'" + epoch
						+ "','offset':2}}"),
				json("{'channel':'" + own + "','pub':{'data':3,'offset':3}}"),
				json("{'channel':'" + own + "','unsubscribe':{'code':2000,'reason':'server unsubscribe'}}"));
		CentrifugeSocket back = open();
		assertThat(connect(back, own, epoch, 2).path("subs").path(own).path("publications"))
			.isEqualTo(json("[{'data':3,'offset':3}]"));
	}

	@Test
	void whoseLogHasBegunAnewComesBackAndIsTold() {
		String own = own();
		CentrifugeSocket socket = open();
		String epoch = epoch(connect(socket, own), own);
		publish(own, 1, 2);
		socket.awaitPushes(1);
		relay().newEpoch();
		publish(own, 2, 3);
		assertThat(socket.awaitClosed()).isEqualTo(new TestClient.Close(3010, "insufficient state"));
		JsonNode again = connect(open(), own, epoch, 1).path("subs").path(own);
		assertThat(again.path("was_recovering").asBoolean()).isTrue();
		assertThat(again.path("recovered").asBoolean()).isFalse();
		assertThat(again.path("epoch").asString()).isNotEqualTo(epoch);
	}

	@Test
	void aNewTokenLeavesWhatTheNodeHasSubscribedTheClientTo() {
		String own = own();
		CentrifugeSocket socket = open();
		connect(socket, own);
		assertThat(socket.errorOf("refresh", "{'token':'" + own + "'}")).isZero();
		publish(own, 1, 2);
		assertThat(socket.awaitPushes(1).get(0).path("pub").path("data").asInt()).isEqualTo(1);
	}

	@Test
	void tooManyChannelsAndAFailureOfTheApplicationEndTheConnection() {
		CentrifugeSocket many = open();
		many.command("connect", "{'token':'chat/1 chat/2 chat/3 chat/4'}");
		assertThat(many.awaitClosed()).isEqualTo(new TestClient.Close(3505, "channel limit"));
		CentrifugeSocket failing = open();
		failing.command("connect", "{'token':'fail'}");
		assertThat(failing.awaitClosed()).isEqualTo(new TestClient.Close(3004, "internal error"));
	}

	/**
	 * With an empty epoch the end of the log is asked for first, and the limit is met
	 * behind that.
	 */
	@Test
	void tooManyChannelsEndTheConnectionAlsoIfTheLastHasAnEmptyEpoch() {
		String own = own();
		publish(own, 0, 2);
		long before = node.messaging().statistics().inbound().refused(ErrorCode.LIMIT_EXCEEDED);
		CentrifugeSocket many = open();
		many.command("connect", "{'token':'chat/1 chat/2 chat/3 " + own + "','subs':{'" + own
				+ "':{'recover':true,'epoch':'','offset':1}}}");
		assertThat(many.awaitClosed()).isEqualTo(new TestClient.Close(3505, "channel limit"));
		assertThat(node.messaging().statistics().inbound().refused(ErrorCode.LIMIT_EXCEEDED)).isEqualTo(before + 1);
	}

	/**
	 * Hears of subscriptions before the door does.
	 */
	static final class Beginnings implements SubscriptionListener {

		private final Map<String, Runnable> next = new ConcurrentHashMap<>();

		private final Map<String, Consumer<Subscription>> ready = new ConcurrentHashMap<>();

		void next(String channel, Runnable action) {
			this.next.put(channel, action);
		}

		void whenReady(String channel, Consumer<Subscription> action) {
			this.ready.put(channel, action);
		}

		@Override
		public void subscribed(Subscription subscription) {
			Runnable action = this.next.remove(subscription.channel());
			if (action != null) {
				action.run();
			}
		}

		@Override
		public void ready(Subscription subscription, SubscriptionState state) {
			Consumer<Subscription> action = this.ready.remove(subscription.channel());
			if (action != null) {
				action.accept(subscription);
			}
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
		LossyRelay relay() {
			return new LossyRelay();
		}

		@Bean
		TokenAuthenticator tokens() {
			return (token) -> new TokenAuthenticator.Authenticated(() -> token, null);
		}

		@Bean
		InitialChannels channels() {
			return (session) -> {
				String user = (session.principal() != null) ? session.principal().getName() : "";
				if (user.startsWith("chat/early")) {
					// As an application may in the same moment
					node.messaging()
						.registry()
						.add(new Subscription((LocalSession) session, "chat/early"), Integer.MAX_VALUE);
				}
				return channels(user);
			};
		}

		private static Collection<String> channels(String user) {
			if (user.equals("fail")) {
				throw new IllegalStateException("as asked for");
			}
			return user.contains("/") ? List.of(user.split(" ")) : List.of();
		}

	}

}
