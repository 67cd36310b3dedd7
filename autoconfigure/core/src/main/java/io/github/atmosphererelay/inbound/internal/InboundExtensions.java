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
import org.jspecify.annotations.Nullable;

/**
 * The handlers and interceptors that the application adds for messages of clients. The
 * methods are called when the node starts and not before, because the application's beans
 * may need those of this library, for example the {@code Broadcaster}, and so may not
 * exist yet when the node is created. Messages that are sent before the start pass no
 * interceptor.
 */
public interface InboundExtensions {

	/**
	 * Return the interceptors of messages from clients.
	 * @return the interceptors, in their order
	 */
	default List<InboundInterceptor> inboundInterceptors() {
		return List.of();
	}

	/**
	 * Return the authorizer that decides what clients may do.
	 * @return the authorizer, or {@code null} for the one that decides by the channels'
	 * options
	 */
	default @Nullable ChannelAuthorizer authorizer() {
		return null;
	}

	/**
	 * Return the handlers of messages to channels.
	 * @return the handlers, in their order; the first one that handles a channel gets its
	 * messages
	 */
	default List<ClientMessageHandler> messageHandlers() {
		return List.of();
	}

	/**
	 * Return the handler of calls.
	 * @return the handler, or {@code null} if there is none
	 */
	default @Nullable ClientCallHandler callHandler() {
		return null;
	}

	/**
	 * Return the handler of messages without a channel.
	 * @return the handler, or {@code null} if there is none
	 */
	default @Nullable ClientSendHandler sendHandler() {
		return null;
	}

}
