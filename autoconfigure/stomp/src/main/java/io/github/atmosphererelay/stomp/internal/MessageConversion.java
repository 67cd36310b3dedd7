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

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

import org.jspecify.annotations.Nullable;

import org.springframework.messaging.Message;
import org.springframework.messaging.MessageHeaders;
import org.springframework.messaging.simp.SimpMessageHeaderAccessor;
import org.springframework.messaging.simp.SimpMessageType;
import org.springframework.messaging.simp.stomp.StompHeaderAccessor;
import org.springframework.messaging.support.MessageBuilder;
import org.springframework.messaging.support.NativeMessageHeaderAccessor;
import org.springframework.util.MimeTypeUtils;

/**
 * Converts between Spring's messages and those that nodes send to each other. What
 * belongs to the sender stays behind: its session, its user, its session attributes, and
 * the STOMP command and ids of its frame. Other headers of the frame are kept in their
 * order, so that subscribers of all nodes get the same frame.
 */
final class MessageConversion {

	private static final List<String> NO_VALUE = List.of("");

	private static final Set<String> OWN_HEADERS = Set.of(MessageHeaders.ID, MessageHeaders.TIMESTAMP,
			MessageHeaders.CONTENT_TYPE, MessageHeaders.REPLY_CHANNEL, MessageHeaders.ERROR_CHANNEL,
			"lookupDestination", NativeMessageHeaderAccessor.NATIVE_HEADERS);

	private MessageConversion() {
	}

	/**
	 * Convert a message for other nodes.
	 * @param message the message, whose payload is an array of bytes
	 * @param session the id of the only session that is to get it, or {@code null}
	 */
	static StompMessage toNodes(StompMessage.Kind kind, String destination, Message<byte[]> message,
			@Nullable String session) {
		MessageHeaders headers = message.getHeaders();
		Object contentType = headers.get(MessageHeaders.CONTENT_TYPE);
		Map<String, Object> others = new HashMap<>();
		headers.forEach((name, value) -> {
			if (!OWN_HEADERS.contains(name) && !isOfSender(name) && StompMessageCodec.isSupported(value)) {
				others.put(name, value);
			}
		});
		return new StompMessage(kind, destination, session, (contentType != null) ? contentType.toString() : null,
				nativeHeaders(headers), others, message.getPayload());
	}

	private static boolean isOfSender(String name) {
		return name.startsWith("simp") || name.startsWith("stomp");
	}

	@SuppressWarnings("unchecked")
	private static Map<String, List<String>> nativeHeaders(MessageHeaders headers) {
		Map<String, List<String>> present = (Map<String, List<String>>) headers
			.get(NativeMessageHeaderAccessor.NATIVE_HEADERS);
		Map<String, List<String>> kept = new LinkedHashMap<>();
		if (present != null) {
			present.forEach((name, values) -> {
				if (name.equals(StompHeaderAccessor.STOMP_SUBSCRIPTION_HEADER)) {
					// Spring puts each subscriber's own value in its place
					kept.put(name, NO_VALUE);
				}
				else if (!name.equals(StompHeaderAccessor.STOMP_MESSAGE_ID_HEADER) && values != null) {
					kept.put(name, values);
				}
			});
		}
		return kept;
	}

	/**
	 * Convert a message of another node.
	 */
	static Message<byte[]> fromNode(StompMessage message) {
		SimpMessageHeaderAccessor accessor = SimpMessageHeaderAccessor.create(SimpMessageType.MESSAGE);
		message.nativeHeaders().forEach(accessor::setNativeHeaderValues);
		message.headers().forEach(accessor::setHeader);
		accessor.setDestination(message.destination());
		if (message.contentType() != null) {
			accessor.setContentType(MimeTypeUtils.parseMimeType(message.contentType()));
		}
		if (message.session() != null) {
			accessor.setSessionId(message.session());
		}
		return MessageBuilder.createMessage(message.payload(), accessor.getMessageHeaders());
	}

}
