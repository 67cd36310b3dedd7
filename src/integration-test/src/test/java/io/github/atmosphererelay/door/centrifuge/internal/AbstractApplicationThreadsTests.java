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
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

import io.github.atmosphererelay.broadcast.Broadcaster;
import io.github.atmosphererelay.broadcast.OutboundInterceptor;
import io.github.atmosphererelay.broadcast.PublishOptions;
import io.github.atmosphererelay.cluster.Cluster;
import io.github.atmosphererelay.cluster.ClusterQuestionHandler;
import io.github.atmosphererelay.contract.broker.Broker;
import io.github.atmosphererelay.endpoint.Disconnect;
import io.github.atmosphererelay.endpoint.ManagedService;
import io.github.atmosphererelay.endpoint.Message;
import io.github.atmosphererelay.endpoint.Ready;
import io.github.atmosphererelay.endpoint.Rpc;
import io.github.atmosphererelay.event.ChannelSubscribed;
import io.github.atmosphererelay.event.RelayDown;
import io.github.atmosphererelay.inbound.ClientMessageHandler;
import io.github.atmosphererelay.inbound.ClientSendHandler;
import io.github.atmosphererelay.inbound.InboundInterceptor;
import io.github.atmosphererelay.message.Audience;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.presence.MemberJoined;
import io.github.atmosphererelay.presence.Presence;
import io.github.atmosphererelay.presence.PresenceAttributes;
import io.github.atmosphererelay.refusal.Authorization;
import io.github.atmosphererelay.security.ChannelAuthorizer;
import io.github.atmosphererelay.session.ClientSession;
import io.github.atmosphererelay.session.TokenAuthenticator;
import io.github.atmosphererelay.subscription.InitialChannels;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.TestClient;
import io.github.atmosphererelay.test.TestNode;
import io.github.atmosphererelay.test.ThreadGuard;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.event.EventListener;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Each kind of application code, called in all the ways in which a real relay has it
 * called: none of them on a thread that others need.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(120)
abstract class AbstractApplicationThreadsTests {

	private Broker broker;

	private TestNode node;

	abstract Broker startBroker();

	@BeforeAll
	void start() {
		this.broker = startBroker();
		this.node = TestNode.start(List.of(Beans.class), properties(this.broker.proxiedProperties()));
		MachineTime.await(Duration.ofSeconds(30)).until(() -> this.node.messaging().monitor().isUp());
	}

	private static String[] properties(String[] relay) {
		List<String> properties = new ArrayList<>(List.of(relay));
		properties
			.addAll(List.of("atmosphere.channels[0].pattern=chat/**", "atmosphere.channels[0].client-publish=true",
					"atmosphere.channels[0].presence=true", "atmosphere.channels[1].pattern=log/**",
					"atmosphere.channels[1].client-publish=true", "atmosphere.channels[1].presence=true",
					"atmosphere.channels[1].history.size=100", "atmosphere.relay.probe-interval=200ms",
					"atmosphere.relay.probe-timeout=1s", "atmosphere.relay.unsubscribe-delay=100ms"));
		return properties.toArray(String[]::new);
	}

	@AfterAll
	void stop() {
		this.node.close();
		this.broker.close();
	}

	private ThreadGuard guard() {
		return this.node.bean(ThreadGuard.class);
	}

	private CentrifugeSocket connect(String user) {
		CentrifugeSocket socket = CentrifugeSocket.open(this.node.uri("connection/websocket"));
		socket.call("connect", "{'token':'" + user + "'}");
		return socket;
	}

	private void awaitPresent(String channel, String user) {
		MachineTime.await(Duration.ofSeconds(30)).until(() -> this.node.bean(Presence.class).isPresent(channel, user));
	}

	@Test
	void applicationCodeIsCalledOnThreadsThatItMayBlock() {
		Broadcaster broadcaster = this.node.broadcaster();
		broadcaster.broadcast("log/a", "first").thenRun(() -> guard().called("continuation")).join();
		Position position = broadcaster.position("log/a").join();

		CentrifugeSocket alice = connect("alice");
		awaitPresent("log/given", "alice");
		alice.call("subscribe", "{'channel':'chat/a','join_leave':true}");
		JsonNode recovered = alice.call("subscribe",
				"{'channel':'log/a','recover':true,'offset':0,'epoch':'','join_leave':true}");
		assertThat(recovered.path("was_recovering").asBoolean()).isTrue();
		awaitPresent("log/a", "alice");
		alice.call("publish", "{'channel':'log/a','data':{'n':1}}");
		alice.call("publish", "{'channel':'chat/a','data':{'n':1}}");
		alice.call("subscribe", "{'channel':'chat/handled'}");
		alice.call("publish", "{'channel':'chat/handled','data':{'n':1}}");
		alice.call("subscribe", "{'channel':'rooms/a'}");
		alice.call("publish", "{'channel':'rooms/a','data':'text'}");
		alice.call("history", "{'channel':'log/a','limit':10,'since':{'offset':0,'epoch':''}}");
		alice.call("presence", "{'channel':'log/a'}");
		alice.call("rpc", "{'method':'ask','data':{}}");
		alice.send("{'send':{'data':{}}}");
		alice.call("refresh", "{'token':'alice'}");

		TestClient plain = this.node.connect("chat/a?ack=true&presence=true").awaitCount(1);
		TestClient recovering = this.node
			.connect("log/a?ack=true&presence=true&positions=true&since=" + position.epoch() + ":" + position.offset());
		recovering.awaitCount(2);
		recovering.send("recorded");
		TestClient token = this.node.connect("log/a?auth=message&ack=true&presence=true");
		token.send("{\"type\":\"auth\",\"token\":\"bob\"}").awaitCount(2);
		awaitPresent("log/a", "bob");

		Cluster cluster = this.node.bean(Cluster.class);
		cluster.subscribe("alice", "chat/given").join();
		cluster.subscribe("alice", "log/later").join();
		awaitPresent("chat/given", "alice");
		awaitPresent("log/later", "alice");
		cluster.ask("question", Payload.text(""), Duration.ofSeconds(5)).join();
		cluster.broadcastAcknowledged("log/a", "counted", Duration.ofSeconds(5)).join();

		// What cannot begin is tried again, by a timer and once the broker is back.
		this.broker.proxy().stall();
		MachineTime.await(Duration.ofSeconds(30)).until(() -> !this.node.messaging().monitor().isUp());
		CentrifugeSocket carol = CentrifugeSocket.open(this.node.uri("connection/websocket"));
		carol.send("{'id':1,'connect':{'token':'carol'}}");
		TestClient waiting = this.node.connect("log/late?auth=message&ack=true&presence=true&positions=true");
		waiting.send("{\"type\":\"auth\",\"token\":\"dave\"}");
		int subscribing = alice.command("subscribe",
				"{'channel':'log/b','recover':true,'offset':0,'epoch':'','join_leave':true}");
		assertThat(alice.reply(subscribing).has("error")).isTrue();
		broadcaster.broadcast("log/a", "lost").whenComplete((receipt, ex) -> guard().called("continuation"));
		this.broker.proxy().resume();
		MachineTime.await(Duration.ofSeconds(30)).until(() -> this.node.messaging().monitor().isUp());
		awaitPresent("log/given", "carol");
		awaitPresent("log/late", "dave");

		for (CentrifugeSocket socket : List.of(alice, carol)) {
			socket.close();
		}
		List.of(plain, recovering, token, waiting).forEach(TestClient::close);
		MachineTime.await(Duration.ofSeconds(30))
			.untilAsserted(() -> assertThat(guard().calls().keySet()).containsExactlyInAnyOrder("continuation",
					"canSubscribe", "canPublish", "canSeePresence", "preReceive", "afterReceiveCompletion", "preSend",
					"InitialChannels", "PresenceAttributes", "TokenAuthenticator", "ChannelSubscribed", "MemberJoined",
					"RelayDown", "ClientSendHandler", "ClientMessageHandler", "ClusterQuestionHandler", "@Message",
					"@Ready", "@Rpc", "@Disconnect"));
		assertThat(guard().violations()).isEmpty();
		assertThat(guard().calls().get("PresenceAttributes"))
			.allMatch((thread) -> thread.startsWith("atmosphere-continuation-"));
		for (String method : Set.of("@Message", "@Ready", "@Rpc", "@Disconnect")) {
			assertThat(guard().calls().get(method)).allMatch((thread) -> thread.startsWith("atmosphere-handler-"));
		}
	}

	/**
	 * Everything that an application can take part in.
	 */
	@Configuration(proxyBeanMethods = false)
	@Import(Rooms.class)
	static class Beans {

		@Bean
		static ThreadGuard threadGuard() {
			return new ThreadGuard();
		}

		@Bean
		TokenAuthenticator tokens(ThreadGuard guard) {
			return (token) -> {
				guard.called("TokenAuthenticator");
				return new TokenAuthenticator.Authenticated(() -> token, null);
			};
		}

		@Bean
		ChannelAuthorizer authorizer(ThreadGuard guard) {
			return new ChannelAuthorizer() {

				@Override
				public Authorization canSubscribe(@Nullable Principal principal, @Nullable ClientSession session,
						String channel) {
					guard.called("canSubscribe");
					return Authorization.GRANTED;
				}

				@Override
				public Authorization canPublish(@Nullable Principal principal, ClientSession session, String channel) {
					guard.called("canPublish");
					return Authorization.GRANTED;
				}

				@Override
				public Authorization canSeePresence(@Nullable Principal principal, ClientSession session,
						String channel) {
					guard.called("canSeePresence");
					return Authorization.GRANTED;
				}

			};
		}

		@Bean
		InboundInterceptor inbound(ThreadGuard guard) {
			return new InboundInterceptor() {

				@Override
				public Payload preReceive(ClientSession session, String channel, Payload payload) {
					guard.called("preReceive");
					return payload;
				}

				@Override
				public void afterReceiveCompletion(ClientSession session, String channel, Payload payload,
						@Nullable Throwable failure) {
					guard.called("afterReceiveCompletion");
				}

			};
		}

		@Bean
		OutboundInterceptor outbound(ThreadGuard guard) {
			return new OutboundInterceptor() {

				@Override
				public Payload preSend(Audience audience, Payload payload, PublishOptions options) {
					guard.called("preSend");
					return payload;
				}

			};
		}

		@Bean
		InitialChannels initialChannels(ThreadGuard guard) {
			return (session) -> {
				guard.called("InitialChannels");
				return List.of("log/given");
			};
		}

		@Bean
		PresenceAttributes presenceAttributes(ThreadGuard guard) {
			return (session, channel) -> {
				guard.called("PresenceAttributes");
				return Map.of("colour", "red");
			};
		}

		@Bean
		ClientSendHandler sendHandler(ThreadGuard guard) {
			return (session, payload) -> guard.called("ClientSendHandler");
		}

		@Bean
		ClusterQuestionHandler question(ThreadGuard guard) {
			return new ClusterQuestionHandler() {

				@Override
				public String question() {
					return "question";
				}

				@Override
				public CompletionStage<Payload> answer(UUID asker, Payload details) {
					guard.called("ClusterQuestionHandler");
					return CompletableFuture.completedFuture(details);
				}

			};
		}

		@Bean
		ClientMessageHandler messageHandler(ThreadGuard guard) {
			return new ClientMessageHandler() {

				@Override
				public boolean handles(String channel) {
					return channel.equals("chat/handled");
				}

				@Override
				public CompletableFuture<@Nullable Payload> handle(ClientSession session, String channel,
						Payload payload) {
					guard.called("ClientMessageHandler");
					return CompletableFuture.completedFuture(null);
				}

			};
		}

		@Bean
		Listeners listeners(ThreadGuard guard) {
			return new Listeners(guard);
		}

	}

	/**
	 * Listeners of application events.
	 */
	static class Listeners {

		private final ThreadGuard guard;

		Listeners(ThreadGuard guard) {
			this.guard = guard;
		}

		@EventListener
		void subscribed(ChannelSubscribed event) {
			this.guard.called("ChannelSubscribed");
		}

		@EventListener
		void joined(MemberJoined event) {
			this.guard.called("MemberJoined");
		}

		@EventListener
		void down(RelayDown event) {
			this.guard.called("RelayDown");
		}

	}

	/**
	 * An endpoint.
	 */
	@ManagedService("rooms/{room}")
	static class Rooms {

		private final ThreadGuard guard;

		Rooms(ThreadGuard guard) {
			this.guard = guard;
		}

		@Ready
		void onReady() {
			this.guard.called("@Ready");
		}

		@Message
		String onMessage(String text) {
			this.guard.called("@Message");
			return text;
		}

		@Rpc
		String ask() {
			this.guard.called("@Rpc");
			return "answer";
		}

		@Disconnect
		void onDisconnect() {
			this.guard.called("@Disconnect");
		}

	}

}
