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

import java.lang.reflect.Method;
import java.util.List;

import io.github.atmosphererelay.broadcast.internal.PayloadEncoder;
import io.github.atmosphererelay.message.Payload;
import org.jspecify.annotations.Nullable;

import org.springframework.messaging.Message;
import org.springframework.messaging.MessageHeaders;
import org.springframework.messaging.converter.MessageConverter;
import org.springframework.messaging.handler.invocation.HandlerMethodArgumentResolverComposite;
import org.springframework.messaging.handler.invocation.InvocableHandlerMethod;
import org.springframework.util.MimeType;

/**
 * A method of an endpoint, with what resolves its arguments and writes its results.
 */
final class EndpointMethod extends InvocableHandlerMethod {

	private final boolean bytes;

	private final List<MessageConverter> encoders;

	/**
	 * Create a method.
	 * @param bytes whether its messages are given as bytes, even if they are text
	 * @param encoders write what it returns; if there are none, the application's JSON
	 */
	EndpointMethod(Object bean, Method method, HandlerMethodArgumentResolverComposite resolvers, boolean bytes,
			List<MessageConverter> encoders) {
		super(bean, method);
		this.bytes = bytes;
		this.encoders = encoders;
		setMessageMethodArgumentResolvers(resolvers);
	}

	@Nullable Object invoke(Call call, Object... provided) throws Exception {
		return invoke(call.toMessage(this.bytes), provided);
	}

	@Override
	protected @Nullable Object[] getMethodArgumentValues(Message<?> message, @Nullable Object... provided) {
		try {
			return super.getMethodArgumentValues(message, provided);
		}
		catch (Exception ex) {
			// Told apart from what the method itself throws: this may be the client's
			// fault.
			throw new UnresolvedArgumentException(ex);
		}
	}

	/**
	 * Return what a message is sent as.
	 * @return the bytes, or the message itself if the encoder of all messages is to make
	 * them
	 */
	Object encode(Object payload) {
		for (MessageConverter encoder : this.encoders) {
			Message<?> message = encoder.toMessage(payload, null);
			if (message != null) {
				return toPayload(message);
			}
		}
		if (this.encoders.isEmpty() || payload instanceof String || payload instanceof byte[]
				|| payload instanceof Payload) {
			return payload;
		}
		throw new IllegalStateException("None of the encoders of " + this + " takes a " + payload.getClass().getName());
	}

	Payload encode(Object payload, PayloadEncoder encoder) {
		return encoder.encode(encode(payload), null);
	}

	private static Object toPayload(Message<?> message) {
		if (message.getPayload() instanceof byte[] bytes) {
			return isText(message.getHeaders().get(MessageHeaders.CONTENT_TYPE)) ? Payload.text(bytes)
					: Payload.binary(bytes);
		}
		return message.getPayload();
	}

	private static boolean isText(@Nullable Object contentType) {
		if (contentType == null) {
			return false;
		}
		MimeType type = (contentType instanceof MimeType mimeType) ? mimeType
				: MimeType.valueOf(contentType.toString());
		return type.getType().equals("text") || type.getSubtype().equals("json") || type.getSubtype().endsWith("+json")
				|| type.getSubtype().equals("xml") || type.getSubtype().endsWith("+xml");
	}

	/**
	 * Return bean class and method, as people name them.
	 */
	@Override
	public String toString() {
		return getBeanType().getSimpleName() + "." + getMethod().getName();
	}

}
