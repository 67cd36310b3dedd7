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

import java.util.HashMap;
import java.util.Map;

import io.github.atmosphererelay.message.Payload;
import org.jspecify.annotations.Nullable;

import org.springframework.messaging.Message;
import org.springframework.messaging.support.GenericMessage;

/**
 * What an annotated method is called for, as far as all argument resolvers need it.
 */
sealed interface Invocation permits Call, ListenerCall {

	String CHANNEL_HEADER = "channel";

	/**
	 * Return the name of the channel.
	 */
	String channel();

	/**
	 * Return the variables of the pattern, with their values.
	 */
	Map<String, String> variables();

	/**
	 * Return the message, or {@code null} if the method is not called for a message.
	 */
	@Nullable Payload payload();

	/**
	 * Return the headers beside the channel's name.
	 */
	Map<String, Object> headers();

	/**
	 * Return the invocation as a message of spring-messaging, whose argument resolvers
	 * take nothing else.
	 * @param bytes whether to pass the payload as bytes even if it is text
	 */
	default Message<?> toMessage(boolean bytes) {
		Map<String, Object> headers = new HashMap<>(headers());
		headers.put(CHANNEL_HEADER, channel());
		Payload payload = payload();
		Object content = new byte[0];
		if (payload != null) {
			content = (bytes || payload.isBinary()) ? payload.bytes() : payload.asText();
		}
		return new InvocationMessage(this, content, headers);
	}

	static Invocation of(Message<?> message) {
		return ((InvocationMessage) message).invocation;
	}

	/**
	 * A message of spring-messaging that refers to its invocation.
	 */
	final class InvocationMessage extends GenericMessage<Object> {

		private final transient Invocation invocation;

		InvocationMessage(Invocation invocation, Object payload, Map<String, Object> headers) {
			super(payload, headers);
			this.invocation = invocation;
		}

	}

}
