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

import java.util.List;

import io.github.atmosphererelay.inbound.ClientCallHandler;
import io.github.atmosphererelay.inbound.ClientMessageHandler;
import io.github.atmosphererelay.inbound.ClientSendHandler;
import io.github.atmosphererelay.inbound.InboundInterceptor;
import io.github.atmosphererelay.security.ChannelAuthorizer;
import io.github.atmosphererelay.security.internal.ClientContext;
import org.jspecify.annotations.Nullable;

/**
 * The handlers and interceptors of the application, wrapped so that they run in the
 * security context of the client that has sent a message.
 *
 * @param interceptors inspect messages before they are handled or published
 * @param authorizer decides what clients may do
 * @param messages handle the messages of some channels
 * @param calls answers calls
 * @param sends receives messages without a channel
 */
record Handlers(List<InboundInterceptor> interceptors, ChannelAuthorizer authorizer,
		List<ClientMessageHandler> messages, @Nullable ClientCallHandler calls, @Nullable ClientSendHandler sends) {

	static Handlers of(InboundExtensions extensions, ClientContext context, ChannelAuthorizer configured) {
		ChannelAuthorizer authorizer = extensions.authorizer();
		ClientCallHandler calls = extensions.callHandler();
		ClientSendHandler sends = extensions.sendHandler();
		return new Handlers(
				extensions.inboundInterceptors().stream().map((each) -> HandlersInContext.wrap(context, each)).toList(),
				(authorizer != null && authorizer != configured) ? context.wrap(authorizer) : configured,
				extensions.messageHandlers().stream().map((each) -> HandlersInContext.wrap(context, each)).toList(),
				(calls != null) ? HandlersInContext.wrap(context, calls) : null,
				(sends != null) ? HandlersInContext.wrap(context, sends) : null);
	}

}
