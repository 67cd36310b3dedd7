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

package io.github.atmosphererelay.websocket;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;

import io.github.atmosphererelay.broadcast.Authorization;
import io.github.atmosphererelay.broadcast.ErrorCode;
import io.github.atmosphererelay.broadcast.MessagingNode;
import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.server.ServerHttpRequest;
import org.springframework.http.server.ServerHttpResponse;
import org.springframework.http.server.ServletServerHttpRequest;
import org.springframework.web.socket.WebSocketHandler;
import org.springframework.web.socket.server.HandshakeInterceptor;

/**
 * Decides at the handshake who comes in at the raw door. A refusal is an HTTP status with
 * the reason in its body, before any WebSocket exists.
 */
final class RawDoorInterceptor implements HandshakeInterceptor {

	static final String REQUEST = RawDoorRequest.class.getName();

	private final String path;

	private final MessagingNode node;

	private final HandshakeGate gate;

	RawDoorInterceptor(String path, MessagingNode node, HandshakeGate gate) {
		this.path = path;
		this.node = node;
		this.gate = gate;
	}

	@Override
	public boolean beforeHandshake(ServerHttpRequest request, ServerHttpResponse response, WebSocketHandler handler,
			Map<String, Object> attributes) throws IOException {
		HttpServletRequest servletRequest = ((ServletServerHttpRequest) request).getServletRequest();
		if (!this.gate.isOpen()) {
			response.getHeaders().set(HttpHeaders.RETRY_AFTER, "1");
			return refuse(response, HttpStatus.SERVICE_UNAVAILABLE, "this node is shutting down");
		}
		RawDoorRequest asked;
		try {
			asked = RawDoorRequest.of(servletRequest, this.path);
		}
		catch (IllegalArgumentException ex) {
			return refuse(response, HttpStatus.BAD_REQUEST, ex.getMessage());
		}
		if (this.node.catalog().find(asked.channel()) == null) {
			return refuse(response, HttpStatus.NOT_FOUND, "there is no such channel");
		}
		Authorization authorization = this.node.clientMessages()
			.authorizeSubscribe(request.getPrincipal(), null, asked.channel());
		if (authorization.refusal() != null) {
			return refuse(response, status(authorization.refusal()), authorization.reason());
		}
		attributes.put(REQUEST, asked);
		return true;
	}

	private static HttpStatus status(ErrorCode refusal) {
		return switch (refusal) {
			case UNAUTHORIZED, TOKEN_EXPIRED -> HttpStatus.UNAUTHORIZED;
			case TOO_MANY_REQUESTS, LIMIT_EXCEEDED -> HttpStatus.TOO_MANY_REQUESTS;
			case INTERNAL -> HttpStatus.INTERNAL_SERVER_ERROR;
			default -> HttpStatus.FORBIDDEN;
		};
	}

	private boolean refuse(ServerHttpResponse response, HttpStatus status, @Nullable String reason) throws IOException {
		this.node.statistics().countRefused();
		response.setStatusCode(status);
		response.getHeaders().setContentType(MediaType.TEXT_PLAIN);
		response.getBody().write(String.valueOf(reason).getBytes(StandardCharsets.UTF_8));
		return false;
	}

	@Override
	public void afterHandshake(ServerHttpRequest request, ServerHttpResponse response, WebSocketHandler handler,
			@Nullable Exception exception) {
	}

}
