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

import io.github.atmosphererelay.channel.internal.ChannelAccess;
import io.github.atmosphererelay.channel.internal.ChannelCatalog;
import io.github.atmosphererelay.refusal.Authorization;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.security.ConfiguredAuthorizer;
import io.github.atmosphererelay.session.ClientSession;
import org.jspecify.annotations.Nullable;

/**
 * Authorizes clients by the options of channels in the catalog.
 */
final class CatalogAuthorizer implements ConfiguredAuthorizer {

	private final ChannelCatalog catalog;

	private final ClientContext context;

	private final Predicate<String> handled;

	/**
	 * Create an authorizer.
	 * @param catalog the catalog of channels
	 * @param context checks the authorities of clients
	 * @param handled returns whether a handler of the application takes a channel's
	 * messages
	 */
	CatalogAuthorizer(ChannelCatalog catalog, ClientContext context, Predicate<String> handled) {
		this.context = context;
		this.catalog = catalog;
		this.handled = handled;
	}

	@Override
	public Authorization canSubscribe(@Nullable Principal principal, @Nullable ClientSession session, String channel) {
		ChannelAccess access = this.catalog.get(channel).subscribe();
		return (access.kind() == ChannelAccess.Kind.NONE)
				? Authorization.denied("this channel takes no subscriptions from clients")
				: this.context.check(access, principal);
	}

	@Override
	public Authorization canPublish(@Nullable Principal principal, ClientSession session, String channel) {
		ChannelAccess access = this.catalog.get(channel).clientPublish();
		if (access.kind() != ChannelAccess.Kind.NONE) {
			return this.context.check(access, principal);
		}
		return this.handled.test(channel) ? Authorization.GRANTED
				: Authorization.denied("this channel takes no messages from clients");
	}

	@Override
	public Authorization canSeePresence(@Nullable Principal principal, ClientSession session, String channel) {
		return this.catalog.get(channel).presence() ? canSubscribe(principal, session, channel)
				: new Authorization(ErrorCode.NOT_AVAILABLE, "this channel has no presence");
	}

}
