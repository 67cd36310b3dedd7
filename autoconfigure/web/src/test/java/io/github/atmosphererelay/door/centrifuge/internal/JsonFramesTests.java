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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

import io.github.atmosphererelay.delivery.internal.RecoveryOutcome;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.presence.internal.PresenceChange;
import io.github.atmosphererelay.presence.internal.PresentSession;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.session.SubscriptionState;
import io.github.atmosphererelay.session.internal.OutboundMessage;
import io.github.atmosphererelay.subscription.log.internal.Subscribed;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What {@link JsonCodec} writes, byte by byte.
 */
class JsonFramesTests {

	private static final Position END = new Position("e\"1", 7);

	private static final Subscribed FRESH = new Subscribed(SubscriptionState.CONFIRMED, null, RecoveryOutcome.FRESH,
			List.of());

	private static final Subscribed UNRECOVERED = new Subscribed(SubscriptionState.CONFIRMED, null,
			RecoveryOutcome.UNRECOVERED, List.of());

	private static final Subscribed RECOVERED = new Subscribed(SubscriptionState.CONFIRMED, END,
			RecoveryOutcome.RECOVERED, List.of(publication(6, "{\"x\":1}"), publication(7, "text")));

	private final Codec codec = new JsonCodec();

	private static Publication publication(long offset, String text) {
		return new Publication(new UUID(0, offset), new UUID(0, 0), "log/a", 0, Map.of(), Payload.text(text),
				new Position("e\"1", offset));
	}

	private String reply(Reply reply) {
		return this.codec.encode(3, reply).asText();
	}

	@Test
	void errors() {
		assertThat(this.codec.encode(3, ErrorCode.TOO_MANY_REQUESTS, "too \"many\" \\ ü").asText()).isEqualTo(
				"{\"id\":3,\"error\":{\"code\":111,\"message\":\"too \\\"many\\\" \\\\ ü\",\"temporary\":true}}");
		assertThat(this.codec.encode(4, ErrorCode.PERMISSION_DENIED, "no").asText())
			.isEqualTo("{\"id\":4,\"error\":{\"code\":103,\"message\":\"no\"}}");
	}

	@Test
	void connections() {
		Map<String, Reply.Subscribe> subscriptions = new LinkedHashMap<>();
		assertThat(reply(new Reply.Connected("s1", null, Duration.ofMillis(24_001), subscriptions)))
			.isEqualTo("{\"id\":3,\"connect\":{\"client\":\"s1\",\"ping\":25,\"pong\":true}}");
		subscriptions.put("chat/a", new Reply.Subscribe(FRESH, null));
		subscriptions.put("log/a", new Reply.Subscribe(RECOVERED, 5L));
		assertThat(reply(new Reply.Connected("s1", Duration.ofSeconds(60), Duration.ofSeconds(25), subscriptions)))
			.isEqualTo("{\"id\":3,\"connect\":{\"client\":\"s1\",\"expires\":true,\"ttl\":60,\"ping\":25,\"pong\":true,"
					+ "\"subs\":{\"chat/a\":{},\"log/a\":{\"was_recovering\":true,\"recoverable\":true,\"positioned\":true,"
					+ "\"epoch\":\"e\\\"1\",\"offset\":5,\"recovered\":true,\"publications\":[{\"data\":{\"x\":1},\"offset\":6},"
					+ "{\"data\":\"text\",\"offset\":7}]}}}}");
	}

	@Test
	void subscriptions() {
		assertThat(reply(new Reply.Subscribe(FRESH, null))).isEqualTo("{\"id\":3,\"subscribe\":{}}");
		assertThat(reply(new Reply.Subscribe(UNRECOVERED, 1L)))
			.isEqualTo("{\"id\":3,\"subscribe\":{\"was_recovering\":true}}");
		assertThat(this.codec.encode(new Push.Subscribe("chat/a", null)).asText())
			.isEqualTo("{\"push\":{\"channel\":\"chat/a\",\"subscribe\":{}}}");
		assertThat(this.codec.encode(new Push.Subscribe("log/a", new Reply.Subscribe(RECOVERED, 5L))).asText())
			.isEqualTo("{\"push\":{\"channel\":\"log/a\",\"subscribe\":{\"was_recovering\":true,\"recoverable\":true,"
					+ "\"positioned\":true,\"epoch\":\"e\\\"1\",\"offset\":5,\"recovered\":true}}}\n"
					+ "{\"push\":{\"channel\":\"log/a\",\"pub\":{\"data\":{\"x\":1},\"offset\":6}}}\n"
					+ "{\"push\":{\"channel\":\"log/a\",\"pub\":{\"data\":\"text\",\"offset\":7}}}");
		assertThat(this.codec.encode(new Push.Unsubscribe("log/a", UnsubscribeReason.INSUFFICIENT_STATE)).asText())
			.isEqualTo("{\"push\":{\"channel\":\"log/a\",\"unsubscribe\":{\"code\":2500,"
					+ "\"reason\":\"insufficient state\"}}}");
	}

	@Test
	void answers() {
		assertThat(reply(new Reply.Done("publish"))).isEqualTo("{\"id\":3,\"publish\":{}}");
		assertThat(reply(new Reply.Rpc(null))).isEqualTo("{\"id\":3,\"rpc\":{\"data\":null}}");
		assertThat(reply(new Reply.Rpc(Payload.text("[1,\n2]")))).isEqualTo("{\"id\":3,\"rpc\":{\"data\":[1,2]}}");
		assertThat(reply(new Reply.Refreshed("s1", Duration.ofMillis(1))))
			.isEqualTo("{\"id\":3,\"refresh\":{\"client\":\"s1\",\"expires\":true,\"ttl\":1}}");
		assertThat(reply(new Reply.History(List.of(), END)))
			.isEqualTo("{\"id\":3,\"history\":{\"epoch\":\"e\\\"1\",\"offset\":7}}");
		assertThat(reply(new Reply.History(List.of(publication(7, "1")), END))).isEqualTo(
				"{\"id\":3,\"history\":{\"epoch\":\"e\\\"1\",\"offset\":7,\"publications\":[{\"data\":1,\"offset\":7}]}}");
		assertThat(this.codec.encode(new Push.Answer("chat/a", Payload.text("pong"))).asText())
			.isEqualTo("{\"push\":{\"channel\":\"chat/a\",\"pub\":{\"data\":\"pong\"}}}");
	}

	@Test
	void presence() {
		PresentSession alice = new PresentSession("s1", "alice", Map.of("name", "Alice \"A\""));
		PresentSession nobody = new PresentSession("s2", null, Map.of());
		assertThat(reply(new Reply.Presence(List.of(alice, nobody)))).isEqualTo(
				"{\"id\":3,\"presence\":{\"presence\":{\"s1\":{\"user\":\"alice\",\"client\":\"s1\",\"chan_info\":"
						+ "{\"name\":\"Alice \\\"A\\\"\"}},\"s2\":{\"user\":\"\",\"client\":\"s2\"}}}}");
		assertThat(reply(new Reply.PresenceStats(3, 2)))
			.isEqualTo("{\"id\":3,\"presence_stats\":{\"num_clients\":3,\"num_users\":2}}");
		assertThat(this.codec.presenceChanges()
			.encode("chat/a", List.of(new PresenceChange(true, nobody), new PresenceChange(false, nobody)))
			.asText())
			.isEqualTo("{\"push\":{\"channel\":\"chat/a\",\"join\":{\"info\":{\"user\":\"\",\"client\":\"s2\"}}}}\n"
					+ "{\"push\":{\"channel\":\"chat/a\",\"leave\":{\"info\":{\"user\":\"\",\"client\":\"s2\"}}}}");
	}

	@Test
	void messages() {
		assertThat(OutboundMessage.of(publication(7, "1")).encoded(this.codec.messages()).asText())
			.isEqualTo("{\"push\":{\"channel\":\"log/a\",\"pub\":{\"data\":1,\"offset\":7}}}");
	}

}
