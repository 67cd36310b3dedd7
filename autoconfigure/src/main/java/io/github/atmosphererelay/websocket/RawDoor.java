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

import java.util.List;
import java.util.Map;

import io.github.atmosphererelay.broadcast.MessagingNode;
import io.github.atmosphererelay.cluster.PresenceService;
import io.github.atmosphererelay.durable.DurableSessions;
import io.github.atmosphererelay.session.QueueLimits;
import org.jspecify.annotations.Nullable;

import org.springframework.web.servlet.HandlerMapping;
import org.springframework.web.socket.server.RequestUpgradeStrategy;
import org.springframework.web.socket.server.support.OriginHandshakeInterceptor;
import org.springframework.web.socket.server.support.WebSocketHandlerMapping;
import org.springframework.web.socket.server.support.WebSocketHttpRequestHandler;

/**
 * Puts the raw door together.
 */
public final class RawDoor {

	/**
	 * Before the mappings of an application's own WebSocket handlers, which may cover
	 * everything.
	 */
	private static final int ORDER = -2;

	private RawDoor() {
	}

	/**
	 * Create the mapping that leads WebSocket handshakes under the door's path to the
	 * door, and leaves every other request alone.
	 * @param node the node's messaging
	 * @param presence tells who is in channels
	 * @param settings what holds for clients
	 * @param allowedOrigins patterns of origins that may connect beside the same one
	 * @param gate whether clients are let in
	 * @param controlLimits how much may wait of the door's own frames
	 * @param authentication how clients say who they are
	 * @param durable the sessions that outlive their connections, or {@code null} if
	 * there are none
	 * @param upgradeStrategy how connections are upgraded
	 * @return the mapping
	 */
	public static HandlerMapping mapping(MessagingNode node, PresenceService presence, WebSocketSettings settings,
			List<String> allowedOrigins, HandshakeGate gate, QueueLimits controlLimits,
			ClientAuthentication authentication, @Nullable DurableSessions durable,
			RequestUpgradeStrategy upgradeStrategy) {
		TokenChecks tokens = new TokenChecks(authentication);
		ClientLimits limits = new ClientLimits(settings.limits());
		DurableHandshakes handshakes = new DurableHandshakes(durable, settings.path());
		WebSocketHttpRequestHandler handler = new WebSocketHttpRequestHandler(
				new RawDoorHandler(node, presence, settings, controlLimits, tokens, limits, handshakes),
				new DoorHandshakeHandler(upgradeStrategy, settings.compression()));
		OriginHandshakeInterceptor origins = new OriginHandshakeInterceptor();
		origins.setAllowedOriginPatterns(allowedOrigins);
		handler.setHandshakeInterceptors(
				List.of(origins, new RawDoorInterceptor(settings.path(), node, gate, tokens, limits, handshakes)));
		WebSocketHandlerMapping mapping = new WebSocketHandlerMapping();
		mapping.setWebSocketUpgradeMatch(true);
		mapping.setOrder(ORDER);
		mapping.setUrlMap(Map.of(settings.path() + "/**", handler));
		return mapping;
	}

}
