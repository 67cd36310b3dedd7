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

package io.github.atmosphererelay.door.raw;

import java.security.Principal;
import java.util.Map;
import java.util.Objects;

import io.github.atmosphererelay.broadcast.MessagingNode;
import io.github.atmosphererelay.broadcast.RequestRefusedException;
import io.github.atmosphererelay.door.DoorContext;
import io.github.atmosphererelay.door.DoorInterceptor;
import io.github.atmosphererelay.door.HandshakeRefusedException;
import io.github.atmosphererelay.door.Refusal;
import io.github.atmosphererelay.door.TokenChecks;
import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;

import org.springframework.http.server.ServerHttpRequest;
import org.springframework.http.server.ServerHttpResponse;
import org.springframework.http.server.ServletServerHttpRequest;
import org.springframework.http.server.ServletServerHttpResponse;

/**
 * Decides at the handshake who comes in at the raw door. A refusal is an HTTP status with
 * the reason in its body, before any WebSocket exists.
 */
final class RawDoorInterceptor extends DoorInterceptor {

	static final String REQUEST = RawDoorRequest.class.getName();

	private final String path;

	private final MessagingNode node;

	private final TokenChecks tokens;

	private final DurableHandshakes durable;

	RawDoorInterceptor(DoorContext context, DurableHandshakes durable) {
		super(context);
		this.durable = durable;
		this.path = context.settings().path();
		this.node = context.node();
		this.tokens = context.tokens();
	}

	@Override
	protected void admit(ServerHttpRequest request, Map<String, Object> attributes) {
		RawDoorRequest asked = asked(((ServletServerHttpRequest) request).getServletRequest());
		if (this.node.catalog().find(asked.channel()) == null) {
			throw new HandshakeRefusedException(Refusal.UNKNOWN_CHANNEL, "there is no such channel");
		}
		checkAddress(request);
		if (!asked.tokenFollows()) {
			Principal principal = authenticate(request, attributes);
			authorize(principal, asked.channel());
		}
		else if (!this.tokens.isEnabled()) {
			// The rest is decided once it is known who the client is.
			throw new HandshakeRefusedException(Refusal.MALFORMED, "this node takes no tokens");
		}
		else {
			checkName(request.getPrincipal());
		}
		attributes.put(REQUEST, asked);
	}

	private void authorize(@Nullable Principal principal, String channel) {
		try {
			this.node.clientMessages().authorizeSubscribe(principal, null, channel).require();
		}
		catch (RequestRefusedException ex) {
			throw switch (ex.code()) {
				case UNAUTHORIZED -> new HandshakeRefusedException(Refusal.ANONYMOUS, ex.reason());
				case PERMISSION_DENIED -> new HandshakeRefusedException(Refusal.DENIED, ex.reason());
				default -> ex;
			};
		}
	}

	/**
	 * Begin a durable session: not earlier, because it may end the client's former
	 * connection.
	 */
	@Override
	protected void admitted(ServerHttpRequest request, ServerHttpResponse response, Map<String, Object> attributes) {
		this.durable.begin(((ServletServerHttpRequest) request).getServletRequest(),
				((ServletServerHttpResponse) response).getServletResponse(),
				(RawDoorRequest) Objects.requireNonNull(attributes.get(REQUEST)), principal(request, attributes),
				attributes);
	}

	private RawDoorRequest asked(HttpServletRequest request) {
		try {
			return RawDoorRequest.of(request, this.path);
		}
		catch (IllegalArgumentException ex) {
			throw new HandshakeRefusedException(Refusal.MALFORMED, String.valueOf(ex.getMessage()));
		}
	}

}
