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

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;

import io.github.atmosphererelay.delivery.internal.RecoveryOutcome;
import io.github.atmosphererelay.door.centrifuge.internal.Command.Recovery;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.message.Sender;
import io.github.atmosphererelay.message.internal.RepeatedHeader;
import io.github.atmosphererelay.presence.internal.PresenceChange;
import io.github.atmosphererelay.presence.internal.PresentSession;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.session.SubscriptionState;
import io.github.atmosphererelay.session.internal.OutboundMessage;
import io.github.atmosphererelay.subscription.log.internal.Subscribed;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

import static io.github.atmosphererelay.door.centrifuge.internal.CentrifugeSocket.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link JsonCodec}.
 */
class JsonCodecTests {

	private static final Position POSITION = new Position("e\"1", 7);

	private final JsonCodec codec = new JsonCodec();

	private List<Command> decode(String frame) {
		return this.codec.decode(Payload.text(frame.replace('\'', '"')));
	}

	@Test
	void everyCommandIsRead() {
		assertThat(decode("{'id':1,'connect':{'token':'t','name':'js','subs':{'a':{'recover':true,'epoch':'e',"
				+ "'offset':3},'b':{'epoch':'e','offset':1},'c':{'recover':true}}}}\n"
				+ "{'id':2,'subscribe':{'channel':'a','recover':true,'epoch':'e','offset':4,"
				+ "'join_leave':true,'flag':2}}\r\n\n{'id':3,'subscribe':{'channel':'b','epoch':'ignored'}}\n"
				+ "{'id':4,'unsubscribe':{'channel':'a'}}\n{'id':5,'publish':{'channel':'a','data':[1, 2]}}\n"
				+ "{'id':6,'presence':{'channel':'a'}}\n{'id':7,'presence_stats':{'channel':'a'}}\n"
				+ "{'id':8,'history':{'channel':'a','limit':-1,'since':{'offset':5,'epoch':'e'},'reverse':true}}\n"
				+ "{'rpc':{'data':null,'method':'m'},'id':9}\n{'send':{'data':'x'}}\n{'id':10,'refresh':{'token':'t'}}\n"
				+ "{'id':11,'sub_refresh':{'channel':'a','token':'t'}}\n{'id':12,'ping':{}}\n{}\n{'id':13,'new':{}}\n"
				+ "{'id':14}"))
			.containsExactly(new Command.Connect(1, "t", Map.of("a", new Recovery("e", 3), "c", new Recovery("", 0))),
					new Command.Subscribe(2, "a", new Recovery("e", 4), true, true),
					new Command.Subscribe(3, "b", null, false, false), new Command.Unsubscribe(4, "a"),
					new Command.Publish(5, "a", Payload.text("[1, 2]")), new Command.Presence(6, "a"),
					new Command.PresenceStats(7, "a"), new Command.History(8, "a", -1, new Recovery("e", 5), true),
					new Command.Rpc(9, "m", Payload.text("null")), new Command.Send(0, Payload.text("\"x\"")),
					new Command.Refresh(10, "t"), new Command.SubRefresh(11), new Command.Ping(12), new Command.Pong(0),
					new Command.Unknown(13), new Command.Unknown(14));
	}

	@ParameterizedTest
	@ValueSource(strings = { "1", "-1.50E+3", "true", "null", "'x'", "'\\u00fc\\n'", "''", "[]", "{}",
			"[1,[2,{'a': 3}]]", "{'a':  '}' , 'b':[ ]}", "'\uD83D\uDE00'", "123456789012345678901234567890.5" })
	void dataIsTakenWordForWord(String data) {
		String text = data.replace('\'', '"');
		for (String frame : List.of("{'id':1,'publish':{'channel':'a','data':" + data + "}}",
				"{'id':1,'publish':{'data' : " + data + " ,'channel':'a'}}")) {
			assertThat(decode(frame)).containsExactly(new Command.Publish(1, "a", Payload.text(text)));
		}
		assertThat(embedded(Payload.text(text))).isEqualTo(text);
	}

	@Test
	void framesOfChanceAreMalformedOrCommandsAndNothingElse() {
		Random random = new Random(7);
		byte[] seed = "{\"id\":1,\"subscribe\":{\"channel\":\"chat/a\",\"offset\":12,\"data\":{\"a\":[1,2]}}}\n{}"
			.getBytes(StandardCharsets.UTF_8);
		int malformed = 0;
		for (int i = 0; i < 20_000; i++) {
			byte[] frame = seed.clone();
			for (int changes = random.nextInt(4); changes >= 0; changes--) {
				frame[random.nextInt(frame.length)] = (byte) random.nextInt(32, 127);
			}
			try {
				assertThat(this.codec.decode(Payload.text(frame))).isNotEmpty();
			}
			catch (MalformedCommandException ex) {
				malformed++;
			}
		}
		assertThat(malformed).isBetween(1_000, 19_999);
	}

	@Test
	void aFrameWithoutACommandIsMalformed() {
		for (String frame : List.of("", "\n", " \r\n ")) {
			assertThatExceptionOfType(MalformedCommandException.class).isThrownBy(() -> decode(frame));
		}
	}

	private String embedded(Payload payload) {
		String pushed = new OutboundMessage(payload, "c").encoded(this.codec.messages()).asText();
		String begin = "{\"push\":{\"channel\":\"c\",\"pub\":{\"data\":";
		assertThat(pushed).startsWith(begin).endsWith("}}}").doesNotContain("\n").doesNotContain("\r");
		return pushed.substring(begin.length(), pushed.length() - 3);
	}

	@Test
	void textThatIsNoJsonIsAStringAndBinaryIsBase64() {
		assertThat(embedded(Payload.text("hello"))).isEqualTo("\"hello\"");
		assertThat(embedded(Payload.text("{\"a\":1} x"))).isEqualTo("\"{\\\"a\\\":1} x\"");
		assertThat(embedded(Payload.text("{'a':1}"))).isEqualTo("\"{'a':1}\"");
		assertThat(embedded(Payload.text("NaN"))).isEqualTo("\"NaN\"");
		assertThat(embedded(Payload.text("\"a\nb\""))).isEqualTo("\"\\\"a\\u000ab\\\"\"");
		assertThat(embedded(Payload.text("\uFEFF{}"))).isEqualTo("\"\uFEFF{}\"");
		assertThat(embedded(Payload.text("\u0000{\u0000}"))).isEqualTo("\"\\u0000{\\u0000}\"");
		assertThat(embedded(Payload.text("[".repeat(5_000)))).startsWith("\"[[[");
		assertThat(embedded(Payload.text("{\r\n \"a\" : 1 }\n"))).isEqualTo("{ \"a\" : 1 }");
		assertThat(embedded(Payload.binary(new byte[] { 1, 2, 3 }))).isEqualTo("\"AQID\"");
	}

	@Test
	void aPublicationHasItsOffsetAndAMessageToAUserNoChannel() {
		assertThat(json(OutboundMessage.of(publication(7, "1")).encoded(this.codec.messages()).asText()))
			.isEqualTo(json("{'push':{'channel':'c','pub':{'data':1,'offset':7}}}"));
		assertThat(json(new OutboundMessage(Payload.text("x"), null).encoded(this.codec.messages()).asText()))
			.isEqualTo(json("{'push':{'message':{'data':'x'}}}"));
	}

	@Test
	void whatIsReadAgainIsTheSameAndWhatIsAnothersIsNot() {
		for (int i = 0; i < 3; i++) {
			for (String channel : List.of("c", "d")) {
				for (String epoch : List.of("e", "f")) {
					// As many as there are places, and some more
					for (long offset = 1; offset < 5_000; offset += (offset < 10) ? 1 : 500) {
						String text = channel + epoch + offset + ((offset % 2 == 0) ? "" : "x".repeat(3_000));
						Publication publication = new Publication(new UUID(0, offset), new UUID(0, 0), channel, 0,
								Map.of(), Payload.text(text), new Position(epoch, offset));
						assertThat(encoded(new Reply.History(List.of(publication), POSITION)).path("history")
							.path("publications")
							.get(0)).isEqualTo(json("{'data':'" + text + "','offset':" + offset + "}"));
					}
				}
			}
		}
	}

	@Test
	void aMessageThatMayHaveBeenSentBeforeIsTagged() {
		Map<String, String> headers = Map.of(RepeatedHeader.NAME, RepeatedHeader.VALUE);
		assertThat(json(new OutboundMessage(Payload.text("1"), "c", headers).encoded(this.codec.messages()).asText()))
			.isEqualTo(json(
					"{\"push\":{\"channel\":\"c\",\"pub\":{\"data\":1,\"tags\":{\"atmosphere-repeated\":\"true\"}}}}"));
	}

	@Test
	void aPublicationSaysWhichClientHasSentIt() {
		Map<String, String> headers = Map.of(Sender.SESSION_HEADER, "s\"1", Sender.USER_HEADER, "alice");
		String expected = "{'push':{'channel':'c','pub':{'data':1,'info':{'user':'alice','client':'s\\\"1'}}}}";
		assertThat(json(new OutboundMessage(Payload.text("1"), "c", headers).encoded(this.codec.messages()).asText()))
			.isEqualTo(json(expected));
		Publication anonymous = new Publication(new UUID(0, 1), new UUID(0, 0), "c", 0,
				Map.of(Sender.SESSION_HEADER, "s", "other", "header"), Payload.text("1"), POSITION);
		assertThat(json(OutboundMessage.of(anonymous).encoded(this.codec.messages()).asText()))
			.isEqualTo(json("{'push':{'channel':'c','pub':{'data':1,'info':{'user':'','client':'s'},'offset':7}}}"));
		assertThat(encoded(new Reply.History(List.of(anonymous), POSITION)).path("history").path("publications"))
			.isEqualTo(json("[{'data':1,'info':{'user':'','client':'s'},'offset':7}]"));
	}

	private static Publication publication(long offset, String text) {
		return new Publication(new UUID(0, offset), new UUID(0, 0), "c", 0, Map.of(), Payload.text(text),
				new Position(POSITION.epoch(), offset));
	}

	private JsonNode encoded(Reply reply) {
		String text = this.codec.encode(3, reply).asText();
		assertThat(text).doesNotContain("\n");
		JsonNode object = json(text);
		assertThat(object.path("id").asInt()).isEqualTo(3);
		return object;
	}

	@Test
	void everyReplyIsWritten() {
		assertThat(encoded(new Reply.Connected("s", null, Duration.ofMillis(1_500), Map.of())))
			.isEqualTo(json("{'id':3,'connect':{'client':'s','ping':2,'pong':true}}"));
		assertThat(encoded(new Reply.Connected("s", Duration.ofMillis(5), Duration.ofSeconds(25), Map.of()))
			.path("connect")).isEqualTo(json("{'client':'s','expires':true,'ttl':1,'ping':25,'pong':true}"));
		assertThat(encoded(new Reply.Done("publish"))).isEqualTo(json("{'id':3,'publish':{}}"));
		assertThat(encoded(new Reply.History(List.of(publication(6, "x y"), publication(7, "2")), POSITION)))
			.isEqualTo(json("{'id':3,'history':{'epoch':'e\\\"1','offset':7,'publications':[{'data':'x y',"
					+ "'offset':6},{'data':2,'offset':7}]}}"));
		assertThat(encoded(new Reply.Presence(List.of(new PresentSession("s1", "alice", Map.of("a", "b")),
				new PresentSession("s2", null, Map.of())))))
			.isEqualTo(json("{'id':3,'presence':{'presence':{'s1':{'user':'alice','client':'s1',"
					+ "'chan_info':{'a':'b'}},'s2':{'user':'','client':'s2'}}}}"));
		assertThat(encoded(new Reply.PresenceStats(5, 3)))
			.isEqualTo(json("{'id':3,'presence_stats':{'num_clients':5,'num_users':3}}"));
		assertThat(encoded(new Reply.Rpc(Payload.text("{\n}")))).isEqualTo(json("{'id':3,'rpc':{'data':{}}}"));
		assertThat(encoded(new Reply.Rpc(null))).isEqualTo(json("{'id':3,'rpc':{'data':null}}"));
		assertThat(encoded(new Reply.Refreshed("s", Duration.ofSeconds(9))))
			.isEqualTo(json("{'id':3,'refresh':{'client':'s','expires':true,'ttl':9}}"));
		assertThat(json(this.codec.encode(3, ErrorCode.INTERNAL, "x\ny").asText()))
			.isEqualTo(json("{'id':3,'error':{'code':100,'message':'x\\ny','temporary':true}}"));
		assertThat(json(this.codec.encode(3, ErrorCode.BAD_REQUEST, "no").asText()))
			.isEqualTo(json("{'id':3,'error':{'code':107,'message':'no'}}"));
	}

	@Test
	void aSubscriptionSaysWhereItBeginsAndWhatItHasRecovered() {
		assertThat(encoded(subscribe(null, RecoveryOutcome.FRESH, null)).path("subscribe")).isEqualTo(json("{}"));
		assertThat(encoded(subscribe(null, RecoveryOutcome.UNRECOVERED, 4L)).path("subscribe"))
			.isEqualTo(json("{'was_recovering':true}"));
		assertThat(encoded(subscribe(POSITION, RecoveryOutcome.FRESH, null)).path("subscribe"))
			.isEqualTo(json("{'recoverable':true,'positioned':true,'epoch':'e\\\"1','offset':7}"));
		assertThat(encoded(subscribe(POSITION, RecoveryOutcome.UNRECOVERED, 4L)).path("subscribe")).isEqualTo(
				json("{'was_recovering':true,'recoverable':true,'positioned':true,'epoch':'e\\\"1','offset':7}"));
		assertThat(encoded(subscribe(POSITION, RecoveryOutcome.RECOVERED, 5L, publication(7, "7"))).path("subscribe"))
			.isEqualTo(json("{'was_recovering':true,'recoverable':true,'positioned':true,'epoch':'e\\\"1',"
					+ "'offset':5,'recovered':true,'publications':[{'data':7,'offset':7}]}"));
		assertThat(encoded(subscribe(POSITION, RecoveryOutcome.RECOVERED, 5L)).path("subscribe"))
			.isEqualTo(json("{'was_recovering':true,'recoverable':true,'positioned':true,'epoch':'e\\\"1',"
					+ "'offset':7,'recovered':true}"));
	}

	private static Reply.Subscribe subscribe(Position position, RecoveryOutcome outcome, Long asked,
			Publication... missed) {
		return new Reply.Subscribe(new Subscribed(SubscriptionState.CONFIRMED, position, outcome, List.of(missed)),
				asked);
	}

	@Test
	void theReplyToAConnectHasTheSubscriptionsOfTheNode() {
		Map<String, Reply.Subscribe> subscriptions = new LinkedHashMap<>();
		subscriptions.put("a", subscribe(null, RecoveryOutcome.FRESH, null));
		subscriptions.put("b\"", subscribe(POSITION, RecoveryOutcome.RECOVERED, 6L, publication(7, "7")));
		assertThat(encoded(new Reply.Connected("s", null, Duration.ofSeconds(25), subscriptions)))
			.isEqualTo(json("{'id':3,'connect':{'client':'s','ping':25,'pong':true,'subs':{'a':{},"
					+ "'b\\\"':{'was_recovering':true,'recoverable':true,'positioned':true,'epoch':'e\\\"1',"
					+ "'offset':6,'recovered':true,'publications':[{'data':7,'offset':7}]}}}}"));
	}

	@Test
	void whatWasMissedFollowsThePushThatSubscribes() {
		Push push = new Push.Subscribe("c",
				subscribe(POSITION, RecoveryOutcome.RECOVERED, 5L, publication(6, "6"), publication(7, "7")));
		assertThat(this.codec.encode(push).asText().lines().map(CentrifugeSocket::json)).containsExactly(
				json("{'push':{'channel':'c','subscribe':{'was_recovering':true,'recoverable':true,"
						+ "'positioned':true,'epoch':'e\\\"1','offset':5,'recovered':true}}}"),
				json("{'push':{'channel':'c','pub':{'data':6,'offset':6}}}"),
				json("{'push':{'channel':'c','pub':{'data':7,'offset':7}}}"));
	}

	@Test
	void everyPushIsWritten() {
		assertThat(json(this.codec.encode(new Push.Answer("c", Payload.text("1"))).asText()))
			.isEqualTo(json("{'push':{'channel':'c','pub':{'data':1}}}"));
		assertThat(json(this.codec.encode(new Push.Subscribe("c", null)).asText()))
			.isEqualTo(json("{'push':{'channel':'c','subscribe':{}}}"));
		assertThat(json(this.codec.encode(new Push.Unsubscribe("c", UnsubscribeReason.INSUFFICIENT_STATE)).asText()))
			.isEqualTo(json("{'push':{'channel':'c','unsubscribe':{'code':2500,'reason':'insufficient state'}}}"));
		PresentSession session = new PresentSession("s", null, Map.of());
		assertThat(this.codec.presenceChanges()
			.encode("c", List.of(new PresenceChange(true, session), new PresenceChange(false, session)))
			.asText()
			.lines()
			.map(CentrifugeSocket::json))
			.containsExactly(json("{'push':{'channel':'c','join':{'info':{'user':'','client':'s'}}}}"),
					json("{'push':{'channel':'c','leave':{'info':{'user':'','client':'s'}}}}"));
	}

}
