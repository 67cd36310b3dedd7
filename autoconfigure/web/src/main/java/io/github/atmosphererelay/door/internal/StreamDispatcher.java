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

import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Function;

import io.github.atmosphererelay.door.internal.ClientLimits.Admission;
import io.github.atmosphererelay.guard.internal.Timers;
import io.github.atmosphererelay.session.internal.SessionTransport;
import io.github.atmosphererelay.transport.http.internal.ResponseBreaker;
import io.github.atmosphererelay.transport.http.internal.ResponseOutput;
import io.github.atmosphererelay.transport.http.internal.StreamFraming;
import io.github.atmosphererelay.transport.http.internal.StreamTransport;
import io.github.atmosphererelay.transport.internal.Inbound;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.ServletResponseWrapper;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpHeaders;

/**
 * Makes HTTP responses connections of a door: they stay open, and everything that the
 * session sends is written to them. Runs on threads that serve requests; does not block.
 */
final class StreamDispatcher {

	/** The WebSocket code for a connection that ended without a close frame. */
	private static final int ABNORMAL = 1006;

	private final Reception reception;

	private final ClientLimits limits;

	private final Duration sendTimeout;

	private final ResponseBreaker breaker;

	private final Timers timers;

	/**
	 * Create a dispatcher.
	 * @param reception creates sessions
	 * @param limits counts connections and limits them, for all doors together
	 * @param sendTimeout the time that a client has for reading the end of a response
	 * @param breaker breaks off responses whose clients do not read
	 * @param timers run timeouts
	 */
	StreamDispatcher(Reception reception, ClientLimits limits, Duration sendTimeout, ResponseBreaker breaker,
			Timers timers) {
		this.reception = reception;
		this.limits = limits;
		this.sendTimeout = sendTimeout;
		this.breaker = breaker;
		this.timers = timers;
	}

	/**
	 * Open a stream. All checks of the request have passed.
	 * @param request the request
	 * @param response the response to it
	 * @param framing encodes what is written
	 * @param proof the proof of the client's identity
	 * @param attributes attributes for the door's connection
	 * @param door the door
	 * @return the connection, to which messages of the client may be passed that arrive
	 * in other requests
	 * @throws HandshakeRefusedException if there are too many connections of the address
	 * or the user
	 * @throws IOException if the client has disconnected
	 */
	Inbound open(HandshakeRequest request, HttpServletResponse response, StreamFraming framing, ClientProof proof,
			Map<String, Object> attributes, Door door) throws IOException {
		InetSocketAddress address = new InetSocketAddress(request.getRemoteHost(), request.getRemotePort());
		Admission admission = this.limits.admit(address);
		if (admission == null) {
			throw new HandshakeRefusedException(Refusal.ADDRESS_LIMIT, "there are too many sessions of this address");
		}
		ResponseOutput output = null;
		try {
			// Of several requests at once, those over the limit are refused as each alone
			if (!admission.identify(proof.principal())) {
				throw new HandshakeRefusedException(Refusal.USER_LIMIT, "there are too many sessions of this user");
			}
			setHeaders(response, framing);
			End end = new End();
			output = ResponseOutput.start(request.original(), original(response), this.breaker, end);
			StreamTransport transport = new StreamTransport(output, framing, this.timers, this.sendTimeout);
			Inbound inbound = door.take(new Arrival(this.reception, transport, admission, proof, address, attributes));
			end.tell(inbound);
			inbound.opened();
			return inbound;
		}
		catch (IOException | RuntimeException | Error ex) {
			admission.end();
			if (output != null) {
				output.breakOff();
			}
			throw ex;
		}
	}

	/**
	 * Open a connection that is no response: its messages leave in the answers to
	 * requests.
	 * @param address the client's address
	 * @param transport writes to the client
	 * @param proof the proof of the client's identity
	 * @param attributes attributes for the door's connection
	 * @param door the door
	 * @param opening takes the connection before it is opened
	 * @throws HandshakeRefusedException if there are too many connections of the address
	 * or the user
	 */
	<C extends Inbound> void open(InetSocketAddress address, SessionTransport transport, ClientProof proof,
			Map<String, Object> attributes, Function<Arrival, C> door, Consumer<C> opening) {
		Admission admission = this.limits.admit(address);
		if (admission == null) {
			throw new HandshakeRefusedException(Refusal.ADDRESS_LIMIT, "there are too many sessions of this address");
		}
		try {
			if (!admission.identify(proof.principal())) {
				throw new HandshakeRefusedException(Refusal.USER_LIMIT, "there are too many sessions of this user");
			}
			C connection = door.apply(new Arrival(this.reception, transport, admission, proof, address, attributes));
			opening.accept(connection);
			connection.opened();
		}
		catch (RuntimeException | Error ex) {
			admission.end();
			throw ex;
		}
	}

	/**
	 * Keep a response until it is answered.
	 * @param request the request
	 * @param response the response to it
	 * @return the response
	 * @throws IOException if the client has disconnected
	 */
	HeldResponse hold(HandshakeRequest request, HttpServletResponse response) throws IOException {
		HeldResponse held = new HeldResponse(this.reception, this.timers, this.sendTimeout);
		held.start(ResponseOutput.start(request.original(), original(response), this.breaker, held::ended));
		return held;
	}

	private static void setHeaders(HttpServletResponse response, StreamFraming framing) {
		response.setStatus(HttpServletResponse.SC_OK);
		response.setContentType(framing.contentType());
		// No proxy may keep, change or collect the response
		response.setHeader(HttpHeaders.CACHE_CONTROL, "no-store, no-transform");
		response.setHeader("X-Accel-Buffering", "no");
	}

	/**
	 * Return the response that the web server has created. Filters of the application
	 * must not change what is written later, and their wrappers would use memory for each
	 * client.
	 */
	private static ServletResponse original(ServletResponse response) {
		ServletResponse each = response;
		while (each instanceof ServletResponseWrapper wrapper) {
			each = wrapper.getResponse();
		}
		return each;
	}

	/**
	 * The end of a response, which may come before the door has the connection.
	 */
	private static final class End implements Runnable {

		private @Nullable Inbound inbound;

		private boolean ended;

		@Override
		public void run() {
			Inbound inbound;
			synchronized (this) {
				this.ended = true;
				inbound = this.inbound;
			}
			if (inbound != null) {
				inbound.closed(ABNORMAL, null);
			}
		}

		void tell(Inbound inbound) {
			boolean ended;
			synchronized (this) {
				this.inbound = Objects.requireNonNull(inbound);
				ended = this.ended;
			}
			if (ended) {
				inbound.closed(ABNORMAL, null);
			}
		}

	}

}
