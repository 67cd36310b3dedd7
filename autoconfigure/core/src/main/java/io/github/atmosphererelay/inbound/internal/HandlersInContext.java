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

package io.github.atmosphererelay.inbound.internal;

import java.util.concurrent.CompletableFuture;

import io.github.atmosphererelay.inbound.ClientCallHandler;
import io.github.atmosphererelay.inbound.ClientMessageHandler;
import io.github.atmosphererelay.inbound.ClientSendHandler;
import io.github.atmosphererelay.inbound.InboundInterceptor;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.security.internal.ClientContext;
import io.github.atmosphererelay.session.ClientSession;
import org.jspecify.annotations.Nullable;

/**
 * Wraps handlers and interceptors of the application, so that they run in the
 * {@link ClientContext} of the client that has sent a message.
 */
final class HandlersInContext {

	private HandlersInContext() {
	}

	static InboundInterceptor wrap(ClientContext context, InboundInterceptor interceptor) {
		return new InboundInterceptor() {

			@Override
			public Payload preReceive(ClientSession session, String channel, Payload payload) {
				return context.call(session.principal(), () -> interceptor.preReceive(session, channel, payload));
			}

			@Override
			public void afterReceiveCompletion(ClientSession session, String channel, Payload payload,
					@Nullable Throwable failure) {
				context.run(session.principal(),
						() -> interceptor.afterReceiveCompletion(session, channel, payload, failure));
			}

		};
	}

	static ClientMessageHandler wrap(ClientContext context, ClientMessageHandler handler) {
		return new ClientMessageHandler() {

			@Override
			public boolean handles(String channel) {
				return handler.handles(channel);
			}

			@Override
			public CompletableFuture<@Nullable Payload> handle(ClientSession session, String channel, Payload payload) {
				return context.call(session.principal(), () -> handler.handle(session, channel, payload));
			}

		};
	}

	static ClientCallHandler wrap(ClientContext context, ClientCallHandler handler) {
		return new ClientCallHandler() {

			@Override
			public boolean handles(String method) {
				return handler.handles(method);
			}

			@Override
			public CompletableFuture<@Nullable Payload> call(ClientSession session, String method, Payload payload) {
				return context.call(session.principal(), () -> handler.call(session, method, payload));
			}

		};
	}

	static ClientSendHandler wrap(ClientContext context, ClientSendHandler handler) {
		return (session, payload) -> context.run(session.principal(), () -> handler.received(session, payload));
	}

}
