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
 * What the application adds to how messages of clients are taken. The methods are called
 * when the node starts, and not before: beans of the application may need those of this
 * library, for example the {@code Broadcaster}, and so cannot be there when the node is
 * made. What is sent before the start passes no interceptor.
 */
public interface InboundExtensions {

	/**
	 * Return who sees messages before they are taken.
	 * @return the interceptors, in their order
	 */
	default List<InboundInterceptor> inboundInterceptors() {
		return List.of();
	}

	/**
	 * Return who decides what clients may do.
	 * @return the authorizer, or {@code null} for the one that follows the channels'
	 * options
	 */
	default @Nullable ChannelAuthorizer authorizer() {
		return null;
	}

	/**
	 * Return who handles messages instead of their channel.
	 * @return the handlers, in their order; the first one that takes a channel gets its
	 * messages
	 */
	default List<ClientMessageHandler> messageHandlers() {
		return List.of();
	}

	/**
	 * Return who answers calls.
	 * @return the handler, or {@code null} if there is none
	 */
	default @Nullable ClientCallHandler callHandler() {
		return null;
	}

	/**
	 * Return who takes what clients send to no channel.
	 * @return the handler, or {@code null} if there is none
	 */
	default @Nullable ClientSendHandler sendHandler() {
		return null;
	}

}
