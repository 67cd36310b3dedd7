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

package io.github.atmosphererelay.door.atmosphere.internal;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.Principal;

import io.github.atmosphererelay.door.centrifuge.internal.Emulation;
import io.github.atmosphererelay.door.internal.ClientProof;
import io.github.atmosphererelay.door.internal.HandshakeRefusedException;
import io.github.atmosphererelay.door.internal.Refusal;
import io.github.atmosphererelay.door.internal.StreamRequests;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import io.github.atmosphererelay.session.CloseReason;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

import org.springframework.web.HttpRequestHandler;
import org.springframework.web.cors.CorsUtils;

/**
 * Takes the requests of clients of the Centrifuge protocol that poll. The body of the
 * first one is the command that connects, and that of each later one the token that came
 * with the answer before. Other commands come in requests of their own, as with HTTP
 * streams. The thread of a request does not wait for messages or other nodes.
 */
final class ObjectPolls implements HttpRequestHandler {

	/** In place of the channel that a session of another kind is for. */
	private static final String NO_CHANNEL = "";

	private final Emulation emulation;

	private final StreamRequests requests;

	private final PollSessions sessions;

	private final PollDelivery delivery;

	ObjectPolls(Emulation emulation, StreamRequests requests, PollSessions sessions, PollDelivery delivery) {
		this.emulation = emulation;
		this.requests = requests;
		this.sessions = sessions;
		this.delivery = delivery;
	}

	@Override
	public void handleRequest(HttpServletRequest request, HttpServletResponse response) throws IOException {
		if (CorsUtils.isPreFlightRequest(request)) {
			this.requests.preflight(request, response);
			return;
		}
		try {
			take(request, response);
		}
		catch (RequestRefusedException ex) {
			this.requests.refuse(request, response, ex);
		}
	}

	private void take(HttpServletRequest original, HttpServletResponse response) throws IOException {
		HttpServletRequest request = this.requests.carrying(original);
		String body = read(request);
		InetSocketAddress address = new InetSocketAddress(request.getRemoteHost(), request.getRemotePort());
		if (body.startsWith("{")) {
			open(request, response, address, body);
		}
		else {
			poll(request, response, address, body);
		}
	}

	private String read(HttpServletRequest request) throws IOException {
		int max = this.emulation.maxMessageSize();
		byte[] body = request.getInputStream().readNBytes(max + 1);
		if (body.length > max) {
			throw new HandshakeRefusedException(Refusal.TOO_LARGE, "the request has more than " + max + " bytes");
		}
		return new String(body, StandardCharsets.UTF_8);
	}

	private void open(HttpServletRequest request, HttpServletResponse response, InetSocketAddress address,
			String connect) throws IOException {
		this.requests.checkRoom(request);
		this.requests.checks().checkAddress(request);
		ClientProof proof = this.requests.checks().authenticate(request, this.requests.token(request));
		Principal principal = request.getUserPrincipal();
		HeldPoll held = new HeldPoll(this.requests.hold(request, response));
		PollSession session = this.sessions.newSession((principal != null) ? principal.getName() : null, NO_CHANNEL,
				new ObjectFormat(this.emulation.lines()));
		try {
			this.emulation.open(principal, address, session, proof, connect,
					(connection) -> this.sessions.add(session, connection));
			session.begin(held, false, false);
		}
		catch (RequestRefusedException ex) {
			session.abort(CloseReason.INTERNAL_ERROR);
			held.response().refuse(ex);
		}
		catch (RuntimeException | Error ex) {
			session.abort(CloseReason.INTERNAL_ERROR);
			held.response().refuse(new RequestRefusedException(ErrorCode.INTERNAL, ErrorCode.INTERNAL.text()));
			throw ex;
		}
	}

	private void poll(HttpServletRequest request, HttpServletResponse response, InetSocketAddress address, String body)
			throws IOException {
		PollToken token = PollToken.parse(body);
		if (token == null) {
			throw new HandshakeRefusedException(Refusal.MALFORMED,
					"the request must be the command 'connect', or the token of the answer before");
		}
		Principal principal = request.getUserPrincipal();
		this.delivery.checkGuesses(token, address, principal);
		HeldPoll held = new HeldPoll(this.requests.hold(request, response));
		PollQuestion asked = new PollQuestion(token.key(), (principal != null) ? principal.getName() : null, NO_CHANNEL,
				token.number(), null, "");
		this.delivery.deliver(token, asked, held, address, principal, () -> this.delivery.refuse(held));
	}

}
