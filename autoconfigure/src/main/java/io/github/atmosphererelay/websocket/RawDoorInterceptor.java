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

import io.github.atmosphererelay.broadcast.BroadcastStatistics;
import io.github.atmosphererelay.broadcast.ChannelCatalog;
import io.github.atmosphererelay.broadcast.ChannelOptions;
import io.github.atmosphererelay.broadcast.SubscribeAccess;
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

	private final ChannelCatalog catalog;

	private final HandshakeGate gate;

	private final BroadcastStatistics statistics;

	RawDoorInterceptor(String path, ChannelCatalog catalog, HandshakeGate gate, BroadcastStatistics statistics) {
		this.path = path;
		this.catalog = catalog;
		this.gate = gate;
		this.statistics = statistics;
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
		ChannelOptions options = this.catalog.find(asked.channel());
		if (options == null) {
			return refuse(response, HttpStatus.NOT_FOUND, "there is no such channel");
		}
		if (options.subscribe() == SubscribeAccess.NONE) {
			return refuse(response, HttpStatus.FORBIDDEN, "this channel takes no subscriptions from clients");
		}
		if (options.subscribe() == SubscribeAccess.AUTHENTICATED && request.getPrincipal() == null) {
			return refuse(response, HttpStatus.UNAUTHORIZED, "this channel is for authenticated clients");
		}
		attributes.put(REQUEST, asked);
		return true;
	}

	private boolean refuse(ServerHttpResponse response, HttpStatus status, @Nullable String reason) throws IOException {
		this.statistics.countRefused();
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
