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

package io.github.atmosphererelay.broadcast;

import java.security.Principal;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

import io.github.atmosphererelay.guard.Failures;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.session.ClientSession;
import org.jspecify.annotations.Nullable;

/**
 * Calls code of the application for a client, so that the code finds the client in its
 * security framework, on whichever thread that is. What the application has registered is
 * wrapped once, where it is registered; its callers need not know of this. Safe for use
 * by many threads.
 */
public final class ClientContext {

	private volatile ClientSecurity security = ClientSecurity.NONE;

	ClientContext() {
	}

	void setSecurity(ClientSecurity security) {
		this.security = security;
	}

	/**
	 * Return whether a client has an authority.
	 */
	boolean hasAuthority(Principal principal, String authority) {
		return this.security.hasAuthority(principal, authority);
	}

	/**
	 * Call code of the application on the current thread.
	 * @param <T> the type of the result
	 * @param principal who the client is, or {@code null} if it is anonymous
	 * @param code the code
	 * @return what the code returns
	 */
	public <T extends @Nullable Object> T call(@Nullable Principal principal, Supplier<T> code) {
		ClientSecurity.Scope scope = this.security.enter(principal);
		try {
			return code.get();
		}
		finally {
			scope.close();
		}
	}

	/**
	 * Run code of the application on the current thread.
	 * @param principal who the client is, or {@code null} if it is anonymous
	 * @param code the code
	 */
	public void run(@Nullable Principal principal, Runnable code) {
		ClientSecurity.Scope scope = this.security.enter(principal);
		try {
			code.run();
		}
		finally {
			scope.close();
		}
	}

	/**
	 * Return what a client is told about an exception of the application's code.
	 * @param failure the exception
	 * @param principal who the client is, or {@code null} if it is anonymous
	 * @return the refusal, or {@code null} if it is an internal error
	 */
	public @Nullable RequestRefusedException refusal(Throwable failure, @Nullable Principal principal) {
		Throwable cause = Failures.unwrap(failure);
		if (cause instanceof RequestRefusedException refusal) {
			return refusal;
		}
		Authorization translated = this.security.refusal(cause, principal);
		return (translated != null && translated.refusal() != null)
				? new RequestRefusedException(translated.refusal(), translated.reason()) : null;
	}

	ChannelAuthorizer wrap(ChannelAuthorizer authorizer) {
		return new ChannelAuthorizer() {

			@Override
			public Authorization canSubscribe(@Nullable Principal principal, @Nullable ClientSession session,
					String channel) {
				return call(principal, () -> authorizer.canSubscribe(principal, session, channel));
			}

			@Override
			public Authorization canPublish(@Nullable Principal principal, ClientSession session, String channel) {
				return call(principal, () -> authorizer.canPublish(principal, session, channel));
			}

			@Override
			public Authorization canSeePresence(@Nullable Principal principal, ClientSession session, String channel) {
				return call(principal, () -> authorizer.canSeePresence(principal, session, channel));
			}

		};
	}

	InboundInterceptor wrap(InboundInterceptor interceptor) {
		return new InboundInterceptor() {

			@Override
			public Payload preReceive(ClientSession session, String channel, Payload payload) {
				return call(session.principal(), () -> interceptor.preReceive(session, channel, payload));
			}

			@Override
			public void afterReceiveCompletion(ClientSession session, String channel, Payload payload,
					@Nullable Throwable failure) {
				run(session.principal(), () -> interceptor.afterReceiveCompletion(session, channel, payload, failure));
			}

		};
	}

	ClientMessageHandler wrap(ClientMessageHandler handler) {
		return new ClientMessageHandler() {

			@Override
			public boolean handles(String channel) {
				return handler.handles(channel);
			}

			@Override
			public CompletableFuture<@Nullable Payload> handle(ClientSession session, String channel, Payload payload) {
				return call(session.principal(), () -> handler.handle(session, channel, payload));
			}

		};
	}

	ClientCallHandler wrap(ClientCallHandler handler) {
		return new ClientCallHandler() {

			@Override
			public boolean handles(String method) {
				return handler.handles(method);
			}

			@Override
			public CompletableFuture<@Nullable Payload> call(ClientSession session, String method, Payload payload) {
				return ClientContext.this.call(session.principal(), () -> handler.call(session, method, payload));
			}

		};
	}

	ClientSendHandler wrap(ClientSendHandler handler) {
		return (session, payload) -> run(session.principal(), () -> handler.received(session, payload));
	}

	InitialChannels wrap(InitialChannels channels) {
		return (session) -> call(session.principal(), () -> channels.channels(session));
	}

}
