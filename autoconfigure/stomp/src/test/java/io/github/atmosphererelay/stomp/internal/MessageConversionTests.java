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

package io.github.atmosphererelay.stomp.internal;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.Test;

import org.springframework.messaging.Message;
import org.springframework.messaging.simp.SimpMessageHeaderAccessor;
import org.springframework.messaging.simp.stomp.StompCommand;
import org.springframework.messaging.simp.stomp.StompHeaderAccessor;
import org.springframework.messaging.support.MessageBuilder;
import org.springframework.util.MimeTypeUtils;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link MessageConversion}.
 */
class MessageConversionTests {

	private static Message<byte[]> frame() {
		StompHeaderAccessor accessor = StompHeaderAccessor.create(StompCommand.SEND);
		accessor.setDestination("/topic/x");
		accessor.setContentType(MimeTypeUtils.TEXT_PLAIN);
		accessor.setNativeHeader("color", "red");
		accessor.setNativeHeader("message-id", "forged");
		accessor.setNativeHeader("subscription", "forged");
		accessor.setSessionId("s1");
		accessor.setUser(() -> "ada");
		accessor.setSessionAttributes(Map.of("secret", "1"));
		accessor.setHeader("priority", 3);
		accessor.setHeader("object", new Object());
		return MessageBuilder.createMessage("body".getBytes(StandardCharsets.UTF_8), accessor.getMessageHeaders());
	}

	@Test
	void whatBelongsToTheSenderStaysBehind() {
		StompMessage sent = MessageConversion.toNodes(StompMessage.Kind.BROKER, "/topic/x", frame(), null);
		assertThat(sent.nativeHeaders()).containsOnlyKeys("destination", "content-type", "color", "subscription")
			.containsEntry("subscription", List.of(""));
		assertThat(sent.headers()).isEqualTo(Map.of("priority", 3));
		assertThat(sent.session()).isNull();
		assertThat(sent.contentType()).isEqualTo("text/plain");
	}

	@Test
	void theOtherNodeGetsAMessageOfTheServer() {
		Message<byte[]> received = MessageConversion
			.fromNode(MessageConversion.toNodes(StompMessage.Kind.BROKER, "/topic/x", frame(), null));
		SimpMessageHeaderAccessor headers = SimpMessageHeaderAccessor.wrap(received);
		assertThat(headers.getDestination()).isEqualTo("/topic/x");
		assertThat(headers.getContentType()).isEqualTo(MimeTypeUtils.TEXT_PLAIN);
		assertThat(headers.getFirstNativeHeader("color")).isEqualTo("red");
		assertThat(headers.getSessionId()).isNull();
		assertThat(headers.getUser()).isNull();
		assertThat(received.getHeaders()).doesNotContainKey("stompCommand").containsEntry("priority", 3);
		assertThat(received.getPayload()).asString(StandardCharsets.UTF_8).isEqualTo("body");
	}

}
