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

import java.security.Principal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.atmosphererelay.cluster.Cluster;
import io.github.atmosphererelay.refusal.Authorization;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.security.ChannelAuthorizer;
import io.github.atmosphererelay.session.ClientSession;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.TokenAuthenticator;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.session.internal.Subscription;
import io.github.atmosphererelay.session.internal.SubscriptionListener;
import io.github.atmosphererelay.subscription.log.internal.SubscribeRequest;
import io.github.atmosphererelay.test.LossyRelay;
import io.github.atmosphererelay.test.MachineTime;
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
 * What a client reads of its subscriptions is in the order in which they begin and end,
 * whoever begins and ends them at the same time.
 */
class CentrifugeSubscriptionOrderTests {

	private static final AtomicInteger NAMES = new AtomicInteger();

	private static TestNode node;

	private final List<CentrifugeSocket> open = new ArrayList<>();

	@BeforeAll
	static void start() {
		node = TestNode.start(List.of(Beans.class), "atmosphere.channels[0].pattern=chat/**",
				"atmosphere.channels[0].client-publish=true", "atmosphere.channels[1].pattern=log/**",
				"atmosphere.channels[1].history.size=100");
	}

	@AfterAll
	static void stop() {
		node.close();
	}

	@AfterEach
	void closeClients() {
		relay().beforePosition(() -> CompletableFuture.completedFuture(null));
		this.open.forEach(CentrifugeSocket::close);
		MachineTime.await(Duration.ofSeconds(10)).until(() -> node.messaging().registry().sessionCount() == 0);
		MachineTime.await(Duration.ofSeconds(10)).until(() -> node.messaging().registry().channelCount() == 0);
	}

	private static LossyRelay relay() {
		return node.bean(LossyRelay.class);
	}

	private CentrifugeSocket connect(String token) {
		CentrifugeSocket socket = CentrifugeSocket.open(node.uri("connection/websocket"));
		this.open.add(socket);
		socket.call("connect", "{'token':'" + token + "'}");
		return socket;
	}

	private static LocalSession session(String user) {
		return node.messaging().registry().ofUser(user).iterator().next();
	}

	private static String name() {
		return "u" + NAMES.incrementAndGet();
	}

	private static int indexOfReply(CentrifugeSocket socket, int id) {
		return socket.objects().stream().map((each) -> each.path("id").asInt(0)).toList().indexOf(id);
	}

	/**
	 * With an empty epoch the client recovers in whatever log there is, so that the
	 * node's answer waits for the position of the log's end.
	 */
	@Test
	void aClientThatUnsubscribesBeforeItsSubscribeIsAnsweredIsNotSubscribed() {
		String name = name();
		String channel = "log/" + name;
		node.broadcaster().broadcast(channel, "1").join();
		CentrifugeSocket socket = connect(name);
		CompletableFuture<@Nullable Void> known = new CompletableFuture<>();
		relay().beforePosition(() -> known);
		int subscribe = socket.command("subscribe", "{'channel':'" + channel + "','recover':true,'offset':1}");
		int unsubscribe = socket.command("unsubscribe", "{'channel':'" + channel + "'}");
		assertThat(socket.reply(unsubscribe).has("unsubscribe")).isTrue();
		known.complete(null);
		assertThat(socket.reply(subscribe).path("error").path("code").asInt()).isEqualTo(100);
		assertThat(node.messaging().registry().countInChannel(channel)).isZero();
		node.broadcaster().broadcast(channel, "2").join();
		assertThat(socket.errorOf("ping", "{}")).isZero();
		assertThat(socket.pushes()).isEmpty();
		// In the order of the commands
		assertThat(indexOfReply(socket, subscribe)).isLessThan(indexOfReply(socket, unsubscribe));
	}

	@Test
	void aClientThatIsDisconnectedBeforeItsSubscribeIsAnsweredLeavesNothingBehind() {
		String name = name();
		String channel = "log/" + name;
		CentrifugeSocket socket = connect(name);
		LocalSession session = session(name);
		CompletableFuture<@Nullable Void> known = new CompletableFuture<>();
		CountDownLatch asked = new CountDownLatch(1);
		relay().beforePosition(() -> {
			asked.countDown();
			return known;
		});
		socket.command("subscribe", "{'channel':'" + channel + "','recover':true,'offset':0}");
		await(asked);
		node.bean(Cluster.class).disconnectUser(name, CloseReason.GOING_AWAY).join();
		socket.awaitClosed();
		MachineTime.await(Duration.ofSeconds(10)).until(session::isEnded);
		known.complete(null);
		assertThat(node.messaging().registry().countInChannel(channel)).isZero();
	}

	/**
	 * What follows the end is held up by whoever holds the lock of the channel's log.
	 */
	@Test
	void theReplyToAnUnsubscribeComesBeforeWhatTellsOfALaterSubscription() {
		String name = name();
		String channel = "log/" + name;
		CentrifugeSocket socket = connect(name);
		socket.subscribe(channel);
		LocalSession session = session(name);
		String witness = name();
		connect(witness);
		CountDownLatch locked = new CountDownLatch(1);
		CountDownLatch release = new CountDownLatch(1);
		CompletableFuture<?> holder = CompletableFuture.runAsync(() -> node.messaging()
			.subscriptions()
			.subscribe(session(witness), channel, new SubscribeRequest(false, null, (answer) -> {
				locked.countDown();
				await(release);
			}, () -> {
			})));
		await(locked);
		int unsubscribe = socket.command("unsubscribe", "{'channel':'" + channel + "'}");
		MachineTime.await(Duration.ofSeconds(10)).until(() -> !session.isIn(channel));
		assertThat(node.messaging().registry().add(new Subscription(session, channel), Integer.MAX_VALUE)).isTrue();
		release.countDown();
		holder.orTimeout(10, TimeUnit.SECONDS).join();
		socket.reply(unsubscribe);
		socket.awaitPushes(1);
		JsonNode last = socket.objects().get(socket.objects().size() - 1);
		assertThat(last.path("push")).isEqualTo(json("{'channel':'" + channel + "','subscribe':{}}"));
		assertThat(indexOfReply(socket, unsubscribe)).isEqualTo(socket.objects().size() - 2);
	}

	/**
	 * The SDKs drop, without a word, messages of channels that they do not know of.
	 */
	@Test
	void aMessageThatComesBeforeTheReplyToASubscribeFollowsIt() {
		String name = name();
		String channel = "chat/" + name;
		CentrifugeSocket socket = connect(name);
		node.bean(Beginnings.class).next(channel, () -> node.broadcaster().broadcast(channel, "early").join());
		int subscribe = socket.command("subscribe", "{'channel':'" + channel + "'}");
		socket.reply(subscribe);
		node.broadcaster().broadcast(channel, "late").join();
		assertThat(socket.awaitPushes(2)).containsExactly(json("{'channel':'" + channel + "','pub':{'data':'early'}}"),
				json("{'channel':'" + channel + "','pub':{'data':'late'}}"));
		assertThat(indexOfReply(socket, subscribe)).isEqualTo(1);
	}

	@Test
	void aMessageThatComesBeforeAClientIsToldOfASubscriptionFollowsThat() {
		String name = name();
		String channel = "chat/" + name;
		CentrifugeSocket socket = connect(name);
		node.bean(Beginnings.class).next(channel, () -> node.broadcaster().broadcast(channel, "early").join());
		node.bean(Cluster.class).subscribe(name, channel).join();
		assertThat(socket.awaitPushes(2)).containsExactly(json("{'channel':'" + channel + "','subscribe':{}}"),
				json("{'channel':'" + channel + "','pub':{'data':'early'}}"));
	}

	/**
	 * The authorizer decides by the token that the client had when it asked.
	 */
	@Test
	void aTokenThatIsTakenWhileTheAuthorizerDecidesByTheFormerOneCountsAllTheSame() {
		String name = name();
		String channel = "chat/guarded/" + name;
		CentrifugeSocket socket = connect(name);
		Rights rights = node.bean(Rights.class);
		int refresh = socket.command("refresh", "{'token':'" + name + "-less'}");
		await(rights.checking);
		int subscribe = socket.command("subscribe", "{'channel':'" + channel + "'}");
		await(rights.deciding);
		rights.checked.countDown();
		assertThat(socket.reply(refresh).has("refresh")).isTrue();
		rights.decided.countDown();
		assertThat(socket.reply(subscribe).path("error").path("code").asInt())
			.isEqualTo(ErrorCode.PERMISSION_DENIED.code());
		assertThat(node.messaging().registry().countInChannel(channel)).isZero();
	}

	private static void await(CountDownLatch latch) {
		try {
			assertThat(latch.await(20, TimeUnit.SECONDS)).isTrue();
		}
		catch (InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
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
	 * Who may what. A token {@code <name>-less} allows no guarded channel.
	 */
	static final class Rights implements TokenAuthenticator, ChannelAuthorizer {

		private final CountDownLatch checking = new CountDownLatch(1);

		private final CountDownLatch checked = new CountDownLatch(1);

		private final CountDownLatch deciding = new CountDownLatch(1);

		private final CountDownLatch decided = new CountDownLatch(1);

		@Override
		public Authenticated authenticate(String token) {
			boolean less = token.endsWith("-less");
			if (less) {
				this.checking.countDown();
				CentrifugeSubscriptionOrderTests.await(this.checked);
			}
			return new Authenticated(new User(less ? token.substring(0, token.length() - 5) : token, !less), null);
		}

		@Override
		public Authorization canSubscribe(@Nullable Principal principal, @Nullable ClientSession session,
				String channel) {
			if (!channel.startsWith("chat/guarded/")) {
				return Authorization.GRANTED;
			}
			if (principal instanceof User user && user.trusted()) {
				this.deciding.countDown();
				CentrifugeSubscriptionOrderTests.await(this.decided);
				return Authorization.GRANTED;
			}
			return Authorization.DENIED;
		}

		@Override
		public Authorization canPublish(@Nullable Principal principal, ClientSession session, String channel) {
			return Authorization.GRANTED;
		}

		@Override
		public Authorization canSeePresence(@Nullable Principal principal, ClientSession session, String channel) {
			return Authorization.GRANTED;
		}

	}

	/**
	 * A user, and whether its token allows everything.
	 */
	private record User(String name, boolean trusted) implements Principal {

		@Override
		public String getName() {
			return this.name;
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
		Rights rights() {
			return new Rights();
		}

	}

}
