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

import java.util.Map;

import io.github.atmosphererelay.node.MessagingNode;
import io.github.atmosphererelay.presence.PresenceService;
import io.github.atmosphererelay.session.QueueLimits;
import io.github.atmosphererelay.transport.SocketHandler;

import org.springframework.web.servlet.HandlerMapping;
import org.springframework.web.socket.server.support.WebSocketHandlerMapping;

/**
 * What the doors for clients have in common.
 *
 * @param node the node's messaging
 * @param presence tells who is in channels
 * @param settings what holds for clients
 * @param controlLimits how much may wait of a door's own frames
 * @param tokens checks tokens
 * @param limits what clients have and do, through whatever door
 * @param httpSessions the HTTP sessions that clients are known by
 * @param handshakes what is needed to answer handshakes
 */
public record DoorContext(MessagingNode node, PresenceService presence, WebSocketSettings settings,
		QueueLimits controlLimits, TokenChecker tokens, ClientLimits limits, HttpSessionRegistry httpSessions,
		HandshakeSupport handshakes) {

	/**
	 * Create the mapping that leads WebSocket handshakes to a door, and leaves every
	 * other request alone.
	 * @param pattern the paths of the door
	 * @param order the mapping's place among others
	 * @param door the door
	 * @param interceptor lets handshakes in
	 * @return the mapping
	 */
	public HandlerMapping mapping(String pattern, int order, Door door, DoorInterceptor interceptor) {
		WebSocketHandlerMapping mapping = new WebSocketHandlerMapping();
		mapping.setWebSocketUpgradeMatch(true);
		mapping.setOrder(order);
		mapping.setUrlMap(Map.of(pattern,
				new DoorRequestHandler(this, new SocketHandler(new SocketDispatcher(this, door)), interceptor)));
		return mapping;
	}

}
