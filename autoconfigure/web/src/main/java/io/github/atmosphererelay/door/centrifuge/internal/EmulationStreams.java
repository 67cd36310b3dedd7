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

package io.github.atmosphererelay.door.centrifuge.internal;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.Principal;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

import io.github.atmosphererelay.door.internal.ClientProof;
import io.github.atmosphererelay.door.internal.HandshakeRefusedException;
import io.github.atmosphererelay.door.internal.Refusal;
import io.github.atmosphererelay.door.internal.StreamRequests;
import io.github.atmosphererelay.message.internal.QueryParameters;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.transport.internal.Inbound;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

import org.springframework.web.HttpRequestHandler;
import org.springframework.web.cors.CorsUtils;

/**
 * Opens the streams of the SDK's transports {@code sse} and {@code http_stream}. Runs on
 * threads that serve requests, and may block them.
 */
final class EmulationStreams implements HttpRequestHandler {

	private final CentrifugeDoor door;

	private final EmulatedSessions sessions;

	private final StreamRequests requests;

	private final EmulationFraming framing;

	private final String node;

	EmulationStreams(CentrifugeDoor door, EmulatedSessions sessions, StreamRequests requests, UUID node,
			EmulationFraming framing) {
		this.door = door;
		this.sessions = sessions;
		this.requests = requests;
		this.framing = framing;
		this.node = node.toString();
	}

	@Override
	public void handleRequest(HttpServletRequest request, HttpServletResponse response) throws IOException {
		if (CorsUtils.isPreFlightRequest(request)) {
			this.requests.preflight(request, response);
			return;
		}
		try {
			this.requests.guarded(request, () -> open(request, response));
		}
		catch (RequestRefusedException ex) {
			this.requests.refuseStream(request, response, ex, this.framing.contentType(),
					this.framing.frame(JsonCodec.disconnect(reason(ex)).bytes()));
		}
	}

	private void open(HttpServletRequest original, HttpServletResponse response) throws IOException {
		HttpServletRequest request = this.requests.connecting(original);
		String connect = connect(request);
		this.requests.checks().checkAddress(request);
		ClientProof proof = this.requests.checks().authenticate(request, this.requests.token(request));
		Principal principal = request.getUserPrincipal();
		Map<String, Object> attributes = new HashMap<>(2);
		attributes.put(EmulatedSession.ATTRIBUTE,
				new EmulatedSession(this.sessions, this.node, (principal != null) ? principal.getName() : null));
		Inbound connection = this.requests.open(request, response, this.framing, proof, attributes, this.door);
		((Connection) connection).emulated(connect);
	}

	/**
	 * Return what a client is told that is refused for now: it comes back.
	 */
	private static CloseReason reason(RequestRefusedException refusal) {
		return switch (refusal.code()) {
			case NOT_AVAILABLE -> Disconnects.SHUTDOWN;
			case INTERNAL -> CloseReason.INTERNAL_ERROR;
			default -> Disconnects.TOO_MANY_REQUESTS;
		};
	}

	/**
	 * Return the command that opens the connection.
	 */
	private String connect(HttpServletRequest request) throws IOException {
		String command = (this.framing == EmulationFraming.EVENTS)
				? QueryParameters.parse(request.getQueryString()).get("cf_connect") : new String(
						EmulationRoutes.read(request, this.door.settings().maxMessageSize()), StandardCharsets.UTF_8);
		if (command == null || command.isBlank()) {
			throw new HandshakeRefusedException(Refusal.MALFORMED, "the command 'connect' is missing");
		}
		if (this.framing == EmulationFraming.EVENTS && doesMore(command)) {
			throw new HandshakeRefusedException(Refusal.MALFORMED,
					"a GET takes nothing but the command 'connect'; others are sent by POST");
		}
		return command;
	}

	/**
	 * Return whether a text has other commands than the one that connects: what changes
	 * something goes through an application's checks of CSRF tokens, which are those of
	 * POSTs. What cannot be read is left to the connection.
	 */
	private boolean doesMore(String text) {
		List<Command> commands = EmulatedSession.read(this.door.codec(), text);
		return commands.size() > 1 || (commands.size() == 1 && !(commands.get(0) instanceof Command.Connect));
	}

}
