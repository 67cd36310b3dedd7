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

package io.github.atmosphererelay.door.stream.internal;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;

import io.github.atmosphererelay.channel.internal.ChannelCatalog;
import io.github.atmosphererelay.door.internal.ClientProof;
import io.github.atmosphererelay.door.internal.HandshakeRefusedException;
import io.github.atmosphererelay.door.internal.Refusal;
import io.github.atmosphererelay.door.internal.StreamRequests;
import io.github.atmosphererelay.inbound.internal.ClientMessageReceiver;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

import org.springframework.web.HttpRequestHandler;
import org.springframework.web.cors.CorsUtils;

/**
 * Opens streams, or refuses them. Runs on threads that serve requests, and may block
 * them.
 */
final class StreamRequestHandler implements HttpRequestHandler {

	private final StreamDoor door;

	private final StreamRequests requests;

	private final ChannelCatalog catalog;

	private final ClientMessageReceiver messages;

	StreamRequestHandler(StreamDoor door, StreamRequests requests, ChannelCatalog catalog,
			ClientMessageReceiver messages) {
		this.door = door;
		this.requests = requests;
		this.catalog = catalog;
		this.messages = messages;
	}

	@Override
	public void handleRequest(HttpServletRequest request, HttpServletResponse response) throws IOException {
		if (CorsUtils.isPreFlightRequest(request)) {
			this.requests.preflight(request, response);
			return;
		}
		StreamFormat format = StreamFormat.of(request);
		try {
			StreamFormat written = (format != null) ? format : StreamFormat.EVENTS;
			this.requests.guarded(request, () -> open(request, response, written));
		}
		catch (RequestRefusedException ex) {
			if (format == StreamFormat.EVENTS) {
				this.requests.refuseEvents(request, response, ex);
			}
			else {
				this.requests.refuse(request, response, ex);
			}
		}
	}

	private void open(HttpServletRequest original, HttpServletResponse response, StreamFormat format)
			throws IOException {
		HttpServletRequest request = this.requests.connecting(original);
		StreamRequest asked = asked(request);
		for (String channel : asked.channels()) {
			if (this.catalog.find(channel) == null) {
				throw new HandshakeRefusedException(Refusal.UNKNOWN_CHANNEL, "there is no such channel");
			}
		}
		this.requests.checks().checkAddress(request);
		ClientProof proof = this.requests.checks().authenticate(request, this.requests.token(request));
		for (String channel : asked.channels()) {
			authorize(proof, channel);
		}
		DoorFraming framing = DoorFraming.of(format, asked);
		Map<String, Object> attributes = new HashMap<>(4);
		attributes.put(StreamConnection.REQUEST, asked);
		attributes.put(StreamConnection.FRAMING, framing);
		this.requests.open(request, response, framing, proof, attributes, this.door);
	}

	private StreamRequest asked(HttpServletRequest request) {
		try {
			return StreamRequest.of(request, this.door.settings().path());
		}
		catch (IllegalArgumentException ex) {
			throw new HandshakeRefusedException(Refusal.MALFORMED, String.valueOf(ex.getMessage()));
		}
	}

	private void authorize(ClientProof proof, String channel) {
		try {
			this.messages.authorizeSubscribe(proof.principal(), null, channel).require();
		}
		catch (RequestRefusedException ex) {
			throw HandshakeRefusedException.ofSubscription(ex);
		}
	}

}
