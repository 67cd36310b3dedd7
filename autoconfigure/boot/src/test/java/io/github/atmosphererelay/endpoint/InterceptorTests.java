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

package io.github.atmosphererelay.endpoint;

import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;

import io.github.atmosphererelay.broadcast.Broadcaster;
import io.github.atmosphererelay.broadcast.OutboundInterceptor;
import io.github.atmosphererelay.broadcast.PublishOptions;
import io.github.atmosphererelay.inbound.InboundInterceptor;
import io.github.atmosphererelay.message.Audience;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import io.github.atmosphererelay.session.ClientSession;
import io.github.atmosphererelay.test.TestClient;
import io.github.atmosphererelay.test.TestNode;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import org.springframework.core.annotation.Order;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Tests for interceptors of what comes in and what goes out.
 */
class InterceptorTests {

	private static final List<String> seen = new CopyOnWriteArrayList<>();

	private static TestNode node;

	@BeforeAll
	static void start() {
		// The later one first: their order is what they say.
		node = TestNode.start(List.of(Second.class, First.class, Outgoing.class, Upper.class),
				"atmosphere.channels[0].pattern=plain/**", "atmosphere.channels[0].client-publish=true");
	}

	@AfterAll
	static void stop() {
		node.close();
	}

	@BeforeEach
	void clear() {
		seen.clear();
	}

	@Test
	void whatClientsSendIsSeenInOrderAndMayBeChanged() {
		TestClient client = node.connect("plain/a").send("hello").awaitCount(1);
		assertThat(client.texts()).containsExactly("hello 1 2 out");
		// What was sent may be with the client before they are told that it was
		await().untilAsserted(() -> assertThat(seen).containsExactly("first hello", "second hello 1", "out plain/a",
				"second after null", "first after null"));
		client.close();
	}

	@Test
	void whatIsRefusedGoesNoFurther() {
		TestClient client = node.connect("plain/a").send("refuse").awaitCount(1);
		assertThat(client.texts()).containsExactly("{\"type\":\"error\",\"code\":103,\"reason\":\"refused\"}");
		await().untilAsserted(() -> assertThat(seen).containsExactly("first refuse", "second refuse 1",
				"first after RequestRefusedException"));
		client.send("break").awaitCount(2);
		assertThat(client.texts().get(1)).contains("\"code\":100").doesNotContain("broken");
		client.send("fine").awaitCount(3);
		client.close();
	}

	@Test
	void methodsOfEndpointsGetWhatInterceptorsHaveMadeOfAMessage() {
		TestClient client = node.connect("upper/a").send("hello").awaitCount(1);
		assertThat(client.texts()).containsExactly("HELLO 1 2 out");
		await().until(() -> seen.contains("first after null"));
		client.send("fail").awaitCount(2);
		await().until(() -> seen.contains("first after RequestRefusedException"));
		client.close();
	}

	@Test
	void whatIsPublishedIsSeenOnceAndMayBeRefused() {
		TestClient client = node.connect("plain/a?ack=true").awaitCount(1);
		Broadcaster broadcaster = node.broadcaster();
		broadcaster.broadcast("plain/a", "java").join();
		client.awaitCount(2);
		assertThat(client.texts().get(1)).isEqualTo("java out");
		assertThat(seen).containsExactly("out plain/a");
		assertThatExceptionOfType(RequestRefusedException.class)
			.isThrownBy(() -> broadcaster.broadcast("plain/a", "no way out"));
		client.send("no way").awaitCount(3);
		assertThat(client.texts().get(2))
			.isEqualTo("{\"type\":\"error\",\"code\":106,\"reason\":\"nothing goes out\"}");
		client.send("throw").awaitCount(4);
		assertThat(client.texts().get(3)).isEqualTo("{\"type\":\"error\",\"code\":100,\"reason\":\"internal error\"}");
		client.send("fine").awaitCount(5);
		client.close();
	}

	private static Payload append(Payload payload, String suffix) {
		return Payload.text(payload.asText() + suffix);
	}

	@Order(1)
	static class First implements InboundInterceptor {

		@Override
		public Payload preReceive(ClientSession session, String channel, Payload payload) {
			seen.add("first " + payload.asText());
			if (payload.asText().equals("break")) {
				throw new IllegalStateException("broken");
			}
			return append(payload, " 1");
		}

		@Override
		public void afterReceiveCompletion(ClientSession session, String channel, Payload payload,
				@Nullable Throwable failure) {
			seen.add("first after " + ((failure != null) ? failure.getClass().getSimpleName() : null));
		}

	}

	@Order(2)
	static class Second implements InboundInterceptor {

		@Override
		public Payload preReceive(ClientSession session, String channel, Payload payload) {
			seen.add("second " + payload.asText());
			if (payload.asText().startsWith("refuse")) {
				throw new RequestRefusedException(ErrorCode.PERMISSION_DENIED, "refused");
			}
			return append(payload, " 2");
		}

		@Override
		public void afterReceiveCompletion(ClientSession session, String channel, Payload payload,
				@Nullable Throwable failure) {
			seen.add("second after " + ((failure != null) ? failure.getClass().getSimpleName() : null));
		}

	}

	static class Outgoing implements OutboundInterceptor {

		@Override
		public Payload preSend(Audience audience, Payload payload, PublishOptions options) {
			seen.add("out " + ((audience instanceof Audience.Channel channel) ? channel.channel() : audience));
			if (payload.asText().startsWith("no way")) {
				throw new RequestRefusedException(ErrorCode.LIMIT_EXCEEDED, "nothing goes out");
			}
			if (payload.asText().startsWith("throw")) {
				throw new IllegalStateException("thrown");
			}
			return append(payload, " out");
		}

	}

	@ManagedService("upper/{name}")
	static class Upper {

		@Message
		String onMessage(String text) {
			assertThat(text).endsWith(" 1 2").doesNotStartWith("fail");
			return text.toUpperCase(Locale.ROOT);
		}

	}

}
