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

package io.github.atmosphererelay.security.internal;

import java.security.Principal;
import java.util.function.Predicate;
import java.util.function.Supplier;

import io.github.atmosphererelay.channel.internal.ChannelAccess;
import io.github.atmosphererelay.channel.internal.ChannelCatalog;
import io.github.atmosphererelay.guard.internal.Failures;
import io.github.atmosphererelay.refusal.Authorization;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import io.github.atmosphererelay.security.ChannelAuthorizer;
import io.github.atmosphererelay.security.ClientSecurity;
import io.github.atmosphererelay.security.ConfiguredAuthorizer;
import io.github.atmosphererelay.session.ClientSession;
import org.jspecify.annotations.Nullable;

/**
 * Calls code of the application for a client, so that the code finds the client in its
 * security framework, on whichever thread that is. Handlers of the application are
 * wrapped once, where they are registered; their callers need not know of this. Safe for
 * use by many threads.
 */
public final class ClientContext {

	private final Supplier<? extends @Nullable ClientSecurity> source;

	private volatile ClientSecurity security = ClientSecurity.NONE;

	/**
	 * Create a context, which knows no security framework before it is started.
	 * @param security finds the application's security framework, or {@code null} if
	 * there is none
	 */
	public ClientContext(Supplier<? extends @Nullable ClientSecurity> security) {
		this.source = security;
	}

	/**
	 * Find the security framework. Called when all beans of the application are there.
	 */
	public void start() {
		ClientSecurity found = this.source.get();
		if (found != null) {
			this.security = found;
		}
	}

	/**
	 * Make an authorizer that decides by the options of channels.
	 * @param catalog the channels that exist
	 * @param handled tells whether a handler takes a channel's messages
	 * @return the authorizer
	 */
	public ConfiguredAuthorizer configuredAuthorizer(ChannelCatalog catalog, Predicate<String> handled) {
		return new CatalogAuthorizer(catalog, this, handled);
	}

	/**
	 * Decide by a rule of a channel.
	 * @param access the rule
	 * @param principal who the client is, or {@code null} if it is anonymous
	 * @return the decision; a refusal names no authority
	 */
	public Authorization check(ChannelAccess access, @Nullable Principal principal) {
		return switch (access.kind()) {
			case ANYONE -> Authorization.GRANTED;
			case AUTHENTICATED -> (principal != null) ? Authorization.GRANTED : Authorization.UNAUTHENTICATED;
			case AUTHORITY -> {
				if (principal == null) {
					yield Authorization.UNAUTHENTICATED;
				}
				yield hasAuthority(principal, String.valueOf(access.authority())) ? Authorization.GRANTED
						: Authorization.DENIED;
			}
			case NONE -> Authorization.DENIED;
		};
	}

	private boolean hasAuthority(Principal principal, String authority) {
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

	/**
	 * Make an authorizer of the application find the client in its security framework.
	 * @param authorizer the authorizer
	 * @return one that calls it
	 */
	public ChannelAuthorizer wrap(ChannelAuthorizer authorizer) {
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

}
