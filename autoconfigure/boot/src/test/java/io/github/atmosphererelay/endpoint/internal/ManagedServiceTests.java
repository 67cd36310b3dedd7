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

package io.github.atmosphererelay.endpoint.internal;

import java.nio.charset.StandardCharsets;
import java.security.Principal;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

import io.github.atmosphererelay.broadcast.Broadcaster;
import io.github.atmosphererelay.channel.internal.ChannelOptions;
import io.github.atmosphererelay.endpoint.Disconnect;
import io.github.atmosphererelay.endpoint.ManagedService;
import io.github.atmosphererelay.endpoint.Message;
import io.github.atmosphererelay.endpoint.Outbound;
import io.github.atmosphererelay.endpoint.Ready;
import io.github.atmosphererelay.endpoint.RoomService;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import io.github.atmosphererelay.session.ClientSession;
import io.github.atmosphererelay.session.DisconnectReason;
import io.github.atmosphererelay.session.SubscriptionState;
import io.github.atmosphererelay.test.TestClient;
import io.github.atmosphererelay.test.TestNode;
import io.github.atmosphererelay.test.UsersByParameter;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.Size;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import org.springframework.messaging.MessageHeaders;
import org.springframework.messaging.converter.AbstractMessageConverter;
import org.springframework.messaging.handler.annotation.Header;
import org.springframework.messaging.handler.annotation.MessageExceptionHandler;
import org.springframework.util.MimeTypeUtils;
import org.springframework.web.bind.annotation.PathVariable;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for annotated endpoints: what clients get for what methods take, return and
 * throw.
 */
class ManagedServiceTests {

	private static TestNode node;

	@BeforeAll
	static void start() {
		node = TestNode.start(
				List.of(UsersByParameter.class, Chat.class, Results.class, Raw.class, Converted.class, Room.class,
						Quiet.class, General.class),
				"atmosphere.channels[0].pattern=quiet/**", "atmosphere.channels[0].echo=false");
	}

	@AfterAll
	static void stop() {
		node.close();
	}

	private static TestClient join(String channel) {
		return node.connect(channel + (channel.contains("?") ? "&" : "?") + "ack=true").awaitCount(1);
	}

	/** What came after the frame that told of the subscription. */
	private static List<String> messages(TestClient client) {
		return client.texts().subList(1, client.texts().size());
	}

	@Test
	void whatAMethodReturnsGoesToEveryoneInTheChannel() {
		TestClient sender = join("chat/lobby?user=alice");
		TestClient reader = join("chat/lobby");
		TestClient elsewhere = join("chat/other");
		sender.send("{\"text\":\"hello\"}").awaitCount(2);
		reader.awaitCount(2);
		assertThat(messages(sender)).containsExactly("{\"author\":\"alice\",\"room\":\"lobby\",\"text\":\"hello\"}");
		assertThat(messages(reader)).isEqualTo(messages(sender));
		elsewhere.send("{\"text\":\"a\"}").awaitCount(2);
		assertThat(messages(elsewhere)).singleElement().asString().contains("\"code\":101");
		closeAll(sender, reader, elsewhere);
	}

	@Test
	void jsonThatIsTooDeepForTheApplicationsMapperIsRefusedLikeAnyThatDoesNotParse() {
		TestClient client = join("chat/lobby3?user=alice");
		client.send("{\"text\":" + "[".repeat(2_000) + "]".repeat(2_000) + "}").awaitCount(2);
		client.send("{\"" + "n".repeat(60_000) + "\":1}").awaitCount(3);
		client.send("{\"text\":\"fine\"}").awaitCount(4);
		assertThat(messages(client).subList(0, 2))
			.allSatisfy((refusal) -> assertThat(refusal).contains("\"code\":107"));
		assertThat(messages(client).get(2)).contains("\"text\":\"fine\"");
		closeAll(client);
	}

	@Test
	void aMessageThatDoesNotParseOrValidateIsRefusedWithTheNamesOfItsFields() {
		TestClient client = join("chat/lobby2?user=alice");
		client.send("{\"text\":").awaitCount(2);
		client.send("{\"text\":{\"secret\":1}}").awaitCount(3);
		client.send("{\"text\":\"   \"}").awaitCount(4);
		client.send("{\"text\":\"secret secret secret secret\"}").awaitCount(5);
		client.send("null").awaitCount(6);
		client.send("  ").awaitCount(7);
		client.send("{\"text\":\"fine\"}").awaitCount(8);
		assertThat(messages(client)).hasSize(7);
		assertThat(messages(client).subList(0, 6)).allSatisfy(
				(frame) -> assertThat(frame).startsWith("{\"type\":\"error\",\"code\":107,\"reason\":\"the message ")
					.doesNotContain("secret", "Exception"));
		assertThat(messages(client).get(1)).contains("does not parse at text\"");
		assertThat(messages(client).get(2)).contains("text must not be blank");
		assertThat(messages(client).get(3)).contains("text size must be between 0 and 20");
		assertThat(messages(client).get(6)).contains("\"text\":\"fine\"");
		client.close();
	}

	@Test
	void resultsSayWhomTheyAreFor() {
		TestClient alice = join("results/a?user=alice");
		TestClient bob = join("results/a?user=bob");
		TestClient bobElsewhere = join("results/b?user=bob");
		alice.send("reply").awaitCount(2);
		alice.send("except").send("nothing").send("null").send("empty").send("present").awaitCount(3);
		alice.send("later").awaitCount(4);
		alice.send("to-bob").send("later-reply").awaitCount(5);
		bob.awaitCount(5);
		bobElsewhere.awaitCount(2);
		assertThat(messages(alice)).containsExactly("reply", "present", "later", "later-reply");
		assertThat(messages(bob)).containsExactly("except", "present", "later", "to-bob");
		assertThat(messages(bobElsewhere)).containsExactly("to-bob");
		closeAll(alice, bob, bobElsewhere);
	}

	@Test
	void whatAMethodThrowsIsToldToTheSenderAlone() {
		TestClient sender = join("results/c");
		TestClient other = join("results/c");
		sender.send("refuse").awaitCount(2);
		sender.send("fail").awaitCount(3);
		sender.send("fail-later").awaitCount(4);
		sender.send("handled").awaitCount(5);
		sender.send("handled-later").awaitCount(6);
		sender.send("reply").awaitCount(7);
		assertThat(messages(sender)).containsExactly("{\"type\":\"error\",\"code\":103,\"reason\":\"not on sundays\"}",
				"{\"type\":\"error\",\"code\":100,\"reason\":\"internal error\"}",
				"{\"type\":\"error\",\"code\":100,\"reason\":\"internal error\"}", "handled: broken a",
				"handled: broken b", "reply");
		assertThat(messages(other)).isEmpty();
		assertThat(node.bean(ManagedServices.class).statistics().failures()).isEqualTo(2);
		closeAll(sender, other);
	}

	@Test
	void textAndBytesComeAsTheyAre() {
		TestClient client = join("raw/a");
		client.send("text").awaitCount(2);
		client.send(new byte[] { 1, 2, (byte) 0xff }).awaitCount(3);
		assertThat(messages(client).get(0)).isEqualTo("text of channel raw/a");
		assertThat(client.received().get(2)).isEqualTo(new byte[] { (byte) 0xff, 2, 1 });
		client.close();
	}

	@Test
	void aMethodMayHaveConvertersOfItsOwn() {
		TestClient client = join("converted/a");
		client.send("7/8").awaitCount(2);
		client.send("seven").awaitCount(3);
		assertThat(messages(client)).containsExactly("14/16",
				"{\"type\":\"error\",\"code\":107,\"reason\":\"the message does not parse\"}");
		client.close();
	}

	@Test
	void sessionsAreFollowedFromTheirSubscriptionToTheirEnd() {
		Room room = node.bean(Room.class);
		TestClient client = node.connect("rooms/7?user=carol").send("hello");
		client.awaitCount(2);
		assertThat(client.texts()).containsExactly("welcome to 7, carol", "hello");
		await().until(() -> room.inside.contains("carol"));
		client.close();
		await().until(() -> !room.left.isEmpty());
		assertThat(room.inside).isEmpty();
		TestClient anonymous = node.connect("rooms/8").awaitCount(1);
		assertThat(anonymous.texts()).containsExactly("welcome to 8, null");
		anonymous.abort();
		await().until(() -> room.left.size() == 2);
		assertThat(room.left).containsExactly("carol left 7 with 1000", "null left 8 with 1006");
		assertThat(TestClient.refusedStatus(node.uri("rooms/seven/1"))).isEqualTo(404);
	}

	@Test
	void aVariableThatDoesNotConvertIsTheClientsFault() {
		TestClient client = join("rooms/seven");
		client.awaitCount(2).send("hello").awaitCount(3);
		assertThat(client.texts().get(2)).contains("\"code\":107").doesNotContain("seven");
		client.close();
	}

	@Test
	void roomsHavePresenceAndTheMostSpecificPatternServesAChannel() {
		ChannelOptions options = node.messaging().catalog().get("rooms/7");
		assertThat(options.presence()).isTrue();
		assertThat(node.messaging().catalog().get("chat/a").presence()).isFalse();
		TestClient client = join("general/a/b");
		client.send("x").awaitCount(2);
		assertThat(messages(client)).containsExactly("general {path=/a/b}");
		client.close();
	}

	@Test
	void aConfiguredPatternDecidesOnEcho() {
		TestClient sender = join("quiet/a");
		TestClient reader = join("quiet/a");
		sender.send("1");
		reader.awaitCount(2);
		sender.send("reply").awaitCount(2);
		assertThat(messages(sender)).containsExactly("replied");
		assertThat(messages(reader)).containsExactly("quiet");
		closeAll(sender, reader);
	}

	@Test
	void beansAreNamedAfterTheirClasses() {
		assertThat(node.context().getBeanNamesForAnnotation(ManagedService.class))
			.allMatch((name) -> !name.contains("/") && !name.contains("{"));
		assertThat(node.context().containsBean("named")).isTrue();
	}

	private static void closeAll(TestClient... clients) {
		for (TestClient client : clients) {
			client.close();
		}
	}

	record Draft(@NotBlank @Size(max = 20) String text) {
	}

	record ChatMessage(String author, String room, String text) {
	}

	@ManagedService("chat/{room}")
	static class Chat {

		@Message
		ChatMessage onMessage(@Valid Draft draft, Principal user, @PathVariable String room) {
			return new ChatMessage(user.getName(), room, draft.text());
		}

	}

	@ManagedService("results/{name}")
	static class Results {

		@Message
		@Nullable Object onMessage(String text, ClientSession session, Optional<Principal> user) {
			return switch (text) {
				case "reply" -> Outbound.reply(text);
				case "except" -> Outbound.broadcast(text).exceptSender();
				case "to-bob" -> Outbound.toUser("bob", text);
				case "present" -> Optional.of(text);
				case "empty" -> Optional.empty();
				case "null", "nothing" -> null;
				case "later" -> later(text);
				case "later-reply" -> later(Outbound.reply(text));
				case "refuse" -> throw new RequestRefusedException(ErrorCode.PERMISSION_DENIED, "not on sundays");
				case "fail" -> throw new IllegalStateException("secret of " + session.id());
				case "fail-later" -> CompletableFuture.failedFuture(new IllegalStateException("secret"));
				case "handled" -> throw new IllegalArgumentException("broken a");
				case "handled-later" -> CompletableFuture.supplyAsync(() -> {
					throw new IllegalArgumentException("broken b");
				});
				default -> throw new AssertionError(text);
			};
		}

		private static CompletionStage<Object> later(Object value) {
			return CompletableFuture.supplyAsync(() -> value);
		}

		@MessageExceptionHandler
		String handle(IllegalArgumentException ex, ClientSession session) {
			assertThat(session.isOpen()).isTrue();
			return "handled: " + ex.getMessage();
		}

	}

	@ManagedService("raw/{name}")
	static class Raw {

		@Message
		String onText(String text, @Header("channel") String channel) {
			return text + " of channel " + channel;
		}

		@Message
		byte[] onBytes(byte[] bytes) {
			byte[] reversed = new byte[bytes.length];
			for (int i = 0; i < bytes.length; i++) {
				reversed[i] = bytes[bytes.length - 1 - i];
			}
			return reversed;
		}

	}

	record Fraction(int numerator, int denominator) {
	}

	/**
	 * Reads and writes fractions as people do.
	 */
	static class FractionConverter extends AbstractMessageConverter {

		FractionConverter(Broadcaster anyBean) {
			super(MimeTypeUtils.TEXT_PLAIN);
			assertThat(anyBean).isNotNull();
		}

		@Override
		protected boolean supports(Class<?> type) {
			return type == Fraction.class;
		}

		@Override
		protected @Nullable Object convertFromInternal(org.springframework.messaging.Message<?> message, Class<?> type,
				@Nullable Object hint) {
			String[] parts = new String((byte[]) message.getPayload(), StandardCharsets.UTF_8).split("/");
			return (parts.length == 2) ? new Fraction(Integer.parseInt(parts[0]), Integer.parseInt(parts[1])) : null;
		}

		@Override
		protected Object convertToInternal(Object payload, @Nullable MessageHeaders headers, @Nullable Object hint) {
			Fraction fraction = (Fraction) payload;
			return (fraction.numerator() + "/" + fraction.denominator()).getBytes(StandardCharsets.UTF_8);
		}

	}

	@ManagedService("converted/{name}")
	static class Converted {

		@Message(encoders = FractionConverter.class, decoders = FractionConverter.class)
		Fraction onMessage(Fraction fraction) {
			return new Fraction(2 * fraction.numerator(), 2 * fraction.denominator());
		}

	}

	@RoomService("rooms/{number}")
	static class Room {

		final Set<String> inside = ConcurrentHashMap.newKeySet();

		final List<String> left = new CopyOnWriteArrayList<>();

		@Ready
		Outbound onReady(ClientSession session, @PathVariable String number, @Nullable Principal user,
				SubscriptionState state) {
			assertThat(state).isEqualTo(SubscriptionState.CONFIRMED);
			assertThat(session.channels()).containsExactly("rooms/" + number);
			String name = (user != null) ? user.getName() : "null";
			this.inside.add(name);
			return Outbound.reply("welcome to " + number + ", " + name);
		}

		@Message
		String onMessage(String text, @PathVariable("number") int room) {
			assertThat(room).isPositive();
			return text;
		}

		@Disconnect
		void onDisconnect(ClientSession session, DisconnectReason reason, @PathVariable String number,
				@Nullable Principal user) {
			String name = (user != null) ? user.getName() : "null";
			if (!number.equals("seven")) {
				this.inside.remove(name);
				this.left.add(name + " left " + number + " with " + reason.code());
			}
		}

	}

	@ManagedService("quiet/**")
	static class Quiet {

		@Message
		Outbound onMessage(String text) {
			return text.equals("reply") ? Outbound.reply("replied") : Outbound.broadcast("quiet");
		}

	}

	@ManagedService(pattern = "general/{*path}", name = "named")
	static class General {

		@Message
		String onMessage(String text, Broadcaster broadcaster, @PathVariable String path) {
			assertThat(broadcaster).isNotNull();
			return "general " + Map.of("path", path);
		}

	}

}
