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
 * A method of an endpoint, with its argument resolvers and encoders.
 */
final class EndpointMethod extends InvocableHandlerMethod {

	private final boolean bytes;

	private final List<MessageConverter> encoders;

	/**
	 * Create a method.
	 * @param bytes whether the method's messages are passed as bytes even if they are
	 * text
	 * @param encoders encode the return value; if the list is empty, the application's
	 * JSON mapper does
	 */
	EndpointMethod(Object bean, Method method, HandlerMethodArgumentResolverComposite resolvers, boolean bytes,
			List<MessageConverter> encoders) {
		super(bean, method);
		this.bytes = bytes;
		this.encoders = encoders;
		setMessageMethodArgumentResolvers(resolvers);
	}

	@Nullable Object invoke(Invocation call, @Nullable Object... provided) throws Exception {
		return invoke(call.toMessage(this.bytes), provided);
	}

	@Override
	protected @Nullable Object[] getMethodArgumentValues(Message<?> message, @Nullable Object... provided) {
		try {
			return super.getMethodArgumentValues(message, provided);
		}
		catch (Exception ex) {
			// Distinguishes this failure, which may be the client's fault, from an
			// exception of the method itself.
			throw new UnresolvedArgumentException(ex);
		}
	}

	/**
	 * Encode a message with this method's encoders.
	 * @return the payload, or the message itself if the node's payload encoder is to
	 * encode it
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
		throw new IllegalStateException("None of the encoders of the method " + this + " supports a "
				+ payload.getClass().getName() + ". Add an encoder for this type to the @Message annotation");
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
	 * Return the simple names of bean class and method, for log messages.
	 */
	@Override
	public String toString() {
		return getBeanType().getSimpleName() + "." + getMethod().getName();
	}

}
