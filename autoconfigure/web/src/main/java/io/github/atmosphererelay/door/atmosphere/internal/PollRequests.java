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
import java.security.Principal;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;

import io.github.atmosphererelay.door.internal.ClientProof;
import io.github.atmosphererelay.door.internal.HandshakeRefusedException;
import io.github.atmosphererelay.door.internal.Refusal;
import io.github.atmosphererelay.door.internal.StreamRequests;
import io.github.atmosphererelay.door.raw.internal.AtmosphereParameters;
import io.github.atmosphererelay.door.raw.internal.RawDoorAdmission;
import io.github.atmosphererelay.guard.internal.Threads;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;

/**
 * Takes the requests of clients that poll. The thread of a request checks it, and opens
 * the session if it is the client's first; it does not wait for messages or other nodes.
 */
final class PollRequests {

	/** Threads for sessions whose node has gone: stores and authorizers block. */
	private static final int THREADS = 8;

	private static final int MAX_WAITING = 10_000;

	private final RawDoorAdmission admission;

	private final StreamRequests requests;

	private final PollSessions sessions;

	private final PollDelivery delivery;

	private final ThreadPoolExecutor executor = Threads.pool("client-polls", THREADS,
			new LinkedBlockingQueue<>(MAX_WAITING));

	PollRequests(RawDoorAdmission admission, StreamRequests requests, PollSessions sessions, PollDelivery delivery) {
		this.admission = admission;
		this.requests = requests;
		this.sessions = sessions;
		this.delivery = delivery;
	}

	void handle(HttpServletRequest original, HttpServletResponse response) throws IOException {
		try {
			take(original, response);
		}
		catch (RequestRefusedException ex) {
			this.requests.refuse(original, response, ex);
		}
	}

	private void take(HttpServletRequest original, HttpServletResponse response) throws IOException {
		HttpServletRequest request = this.requests.carrying(original);
		Map<String, Object> attributes = new HashMap<>(4);
		String channel = this.admission.read(request, attributes);
		PollToken token = token(this.admission.parameters(attributes));
		InetSocketAddress address = new InetSocketAddress(request.getRemoteHost(), request.getRemotePort());
		if (token == null) {
			this.requests.checkRoom(request);
			this.requests.checks().checkAddress(request);
		}
		String bearer = this.requests.token(request);
		ClientProof proof = (token != null) ? this.requests.checks().identify(request, bearer)
				: this.requests.checks().authenticate(request, bearer);
		Client client = new Client(attributes, channel, proof, address);
		if (token != null) {
			this.delivery.checkGuesses(token, address, proof.principal());
		}
		HeldPoll held = new HeldPoll(this.requests.hold(request, response));
		if (token == null) {
			open(client, null, held);
		}
		else {
			poll(client, token, held);
		}
	}

	private static @Nullable PollToken token(AtmosphereParameters parameters) {
		String text = parameters.token();
		if (text == null) {
			return null;
		}
		PollToken token = PollToken.parse(text);
		if (token == null) {
			// A client that always shows it would open a session with each request
			throw new HandshakeRefusedException(Refusal.MALFORMED, "'" + AtmosphereParameters.TOKEN
					+ "' is no token of this server; with long polling leave 'sessionToken' unset");
		}
		return token;
	}

	private void open(Client client, @Nullable PollToken former, HeldPoll held) {
		try {
			this.sessions.open(client.attributes(), client.channel(), client.proof(), client.address(), former, held);
		}
		catch (RequestRefusedException ex) {
			held.response().refuse(ex);
		}
		catch (RuntimeException | Error ex) {
			held.response().refuse(new RequestRefusedException(ErrorCode.INTERNAL, ErrorCode.INTERNAL.text()));
			throw ex;
		}
	}

	private void poll(Client client, PollToken token, HeldPoll held) {
		AtmosphereParameters parameters = this.admission.parameters(client.attributes());
		PollQuestion asked = new PollQuestion(token.key(), client.user(), client.channel(), token.number(),
				token.position(), parameters.trackingId());
		this.delivery.deliver(token, asked, held, client.address(), client.proof().principal(),
				() -> continueHere(client, token, held));
	}

	/**
	 * Continue a session whose node has gone, on another thread: this one may be that on
	 * which other nodes answer.
	 */
	private void continueHere(Client client, PollToken token, HeldPoll held) {
		if (!this.requests.isOpen()) {
			this.delivery.retryLater(token, held);
			return;
		}
		try {
			this.executor.execute(() -> open(client, token, held));
		}
		catch (RejectedExecutionException ex) {
			this.delivery.retryLater(token, held);
		}
	}

	/**
	 * End the threads.
	 */
	void stop() {
		this.executor.shutdownNow();
	}

	/**
	 * What is known of the client of a request.
	 */
	private record Client(Map<String, Object> attributes, String channel, ClientProof proof,
			InetSocketAddress address) {

		@Nullable String user() {
			Principal principal = this.proof.principal();
			return (principal != null) ? principal.getName() : null;
		}

	}

}
