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

package io.github.atmosphererelay.door.internal;

import java.security.Principal;
import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;

import org.springframework.http.server.ServerHttpRequest;
import org.springframework.web.socket.WebSocketExtension;
import org.springframework.web.socket.WebSocketHandler;
import org.springframework.web.socket.server.RequestUpgradeStrategy;
import org.springframework.web.socket.server.support.DefaultHandshakeHandler;

/**
 * Upgrades connections. The connection's user is the one that its token has identified.
 * Extensions are not negotiated unless compression is configured: for the sizes of most
 * messages, compression costs more processor time and memory than it saves.
 */
final class DoorHandshakeHandler extends DefaultHandshakeHandler {

	static final String SUBPROTOCOL = "atmosphere";

	private final boolean compression;

	DoorHandshakeHandler(RequestUpgradeStrategy upgradeStrategy, boolean compression) {
		super(upgradeStrategy);
		this.compression = compression;
		// A client may offer its token as a second subprotocol
		setSupportedProtocols(SUBPROTOCOL);
	}

	@Override
	protected @Nullable Principal determineUser(ServerHttpRequest request, WebSocketHandler handler,
			Map<String, Object> attributes) {
		ClientProof proof = (ClientProof) attributes.get(DoorInterceptor.PROOF);
		return (proof != null) ? proof.principal() : null;
	}

	@Override
	protected List<WebSocketExtension> filterRequestedExtensions(ServerHttpRequest request,
			List<WebSocketExtension> requested, List<WebSocketExtension> supported) {
		return this.compression ? super.filterRequestedExtensions(request, requested, supported) : List.of();
	}

}
