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

package io.github.atmosphererelay.door;

import java.util.List;
import java.util.Map;

import io.github.atmosphererelay.broadcast.MessagingNode;
import io.github.atmosphererelay.presence.PresenceService;
import io.github.atmosphererelay.session.QueueLimits;

import org.springframework.web.servlet.HandlerMapping;
import org.springframework.web.socket.WebSocketHandler;
import org.springframework.web.socket.server.RequestUpgradeStrategy;
import org.springframework.web.socket.server.support.WebSocketHandlerMapping;

/**
 * What the doors for WebSocket clients have in common.
 *
 * @param node the node's messaging
 * @param presence tells who is in channels
 * @param settings what holds for clients
 * @param allowedOrigins patterns of origins that may connect beside the same one
 * @param gate whether clients are let in
 * @param controlLimits how much may wait of a door's own frames
 * @param tokens checks tokens
 * @param limits what clients have and do, through whatever door
 * @param httpSessions the HTTP sessions that clients are known by
 * @param upgradeStrategy how connections are upgraded
 * @param refusals answers handshakes that are refused
 * @param capacity whether the web server has room for more connections
 * @param addresses finds the addresses of clients
 */
public record DoorContext(MessagingNode node, PresenceService presence, WebSocketSettings settings,
		List<String> allowedOrigins, HandshakeGate gate, QueueLimits controlLimits, TokenChecks tokens,
		ClientLimits limits, HttpSessions httpSessions, RequestUpgradeStrategy upgradeStrategy, Refusals refusals,
		ServerCapacity capacity, ClientAddresses addresses) {

	/**
	 * Create the mapping that leads WebSocket handshakes to a door, and leaves every
	 * other request alone.
	 * @param pattern the paths of the door
	 * @param order the mapping's place among others
	 * @param handler the door
	 * @param interceptor lets handshakes in
	 * @return the mapping
	 */
	public HandlerMapping mapping(String pattern, int order, WebSocketHandler handler, DoorInterceptor interceptor) {
		WebSocketHandlerMapping mapping = new WebSocketHandlerMapping();
		mapping.setWebSocketUpgradeMatch(true);
		mapping.setOrder(order);
		mapping.setUrlMap(Map.of(pattern, new DoorRequestHandler(this, handler, interceptor)));
		return mapping;
	}

}
