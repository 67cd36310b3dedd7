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
 * Calls code of the application in the security context of a client, on any thread. For
 * example, the code finds the client's principal in Spring Security's
 * {@code SecurityContextHolder}. Handlers of the application are wrapped once, where they
 * are registered, so their callers need not do anything. Thread-safe.
 */
public final class ClientContext {

	private final Supplier<? extends @Nullable ClientSecurity> source;

	private volatile ClientSecurity security = ClientSecurity.NONE;

	/**
	 * Create a context. It uses no security framework until {@link #start()}.
	 * @param security returns the application's security framework, or {@code null} if
	 * there is none
	 */
	public ClientContext(Supplier<? extends @Nullable ClientSecurity> security) {
		this.source = security;
	}

	/**
	 * Look up the security framework. Called when all beans of the application exist.
	 */
	public void start() {
		ClientSecurity found = this.source.get();
		if (found != null) {
			this.security = found;
		}
	}

	/**
	 * Create an authorizer that decides by the options of channels.
	 * @param catalog the catalog of channels
	 * @param handled returns whether a handler of the application takes a channel's
	 * messages
	 * @return the authorizer
	 */
	public ConfiguredAuthorizer configuredAuthorizer(ChannelCatalog catalog, Predicate<String> handled) {
		return new CatalogAuthorizer(catalog, this, handled);
	}

	/**
	 * Check a rule of a channel.
	 * @param access the rule
	 * @param principal the client's principal, or {@code null} if it is anonymous
	 * @return the decision; a refusal does not name the authority that is missing
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
	 * @param principal the client's principal, or {@code null} if it is anonymous
	 * @param code the code
	 * @return the result of the code
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
	 * @param principal the client's principal, or {@code null} if it is anonymous
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
	 * Return the refusal for a client whose request made the application's code throw an
	 * exception.
	 * @param failure the exception
	 * @param principal the client's principal, or {@code null} if it is anonymous
	 * @return the refusal, or {@code null} if the client gets an internal error
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
	 * Wrap an authorizer of the application, so that it runs in the security context of
	 * the client.
	 * @param authorizer the authorizer
	 * @return an authorizer that calls it
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
