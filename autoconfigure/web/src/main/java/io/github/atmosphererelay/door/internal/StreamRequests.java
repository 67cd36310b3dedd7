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
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import java.util.function.Function;

import io.github.atmosphererelay.guard.internal.RateLimitedLog;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import io.github.atmosphererelay.session.internal.SessionTransport;
import io.github.atmosphererelay.transport.http.internal.StreamFraming;
import io.github.atmosphererelay.transport.internal.Inbound;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpHeaders;

/**
 * The common part of the HTTP requests of clients, other than WebSocket handshakes: who
 * may make them, and how they are refused. Runs on threads that serve requests, and may
 * block them.
 */
public final class StreamRequests {

	/** The content type of server-sent events. */
	public static final String EVENT_STREAM = "text/event-stream;charset=UTF-8";

	private static final String BEARER = "Bearer ";

	private final RateLimitedLog log = new RateLimitedLog(LogFactory.getLog(StreamRequests.class),
			Duration.ofSeconds(10));

	private final HandshakeSupport handshakes;

	private final AdmissionChecker checks;

	private final TokenChecker tokens;

	private final RequestRates rates;

	private final GuessLimit guesses = new GuessLimit();

	private final StreamDispatcher dispatcher;

	StreamRequests(HandshakeSupport handshakes, AdmissionChecker checks, TokenChecker tokens, RequestRates rates,
			StreamDispatcher dispatcher) {
		this.handshakes = handshakes;
		this.checks = checks;
		this.tokens = tokens;
		this.rates = rates;
		this.dispatcher = dispatcher;
	}

	/**
	 * Check a request that opens a stream: that the node accepts clients and has room,
	 * and that the page that has made the request may connect.
	 * @param request the request
	 * @return the request, with the client's address and the server's origin as they are
	 * known from proxies
	 * @throws RequestRefusedException if the request is refused
	 */
	public HttpServletRequest connecting(HttpServletRequest request) {
		HandshakeRequest known = known(request);
		this.checks.checkRoom(known);
		checkOrigin(known);
		return known;
	}

	/**
	 * Check a request of a client that needs no connection.
	 * @param request the request
	 * @return as with {@link #connecting}
	 * @throws RequestRefusedException if the request is refused
	 */
	public HttpServletRequest passing(HttpServletRequest request) {
		HandshakeRequest known = known(request);
		if (!this.handshakes.gate().isOpen()) {
			throw new HandshakeRefusedException(Refusal.SHUTTING_DOWN, "this node is shutting down");
		}
		checkOrigin(known);
		return known;
	}

	/**
	 * Check a request that is for a session, perhaps of another node. It is taken also
	 * while this node stops.
	 * @param request the request
	 * @return as with {@link #connecting}
	 * @throws RequestRefusedException if the request is refused
	 */
	public HttpServletRequest carrying(HttpServletRequest request) {
		HandshakeRequest known = known(request);
		checkOrigin(known);
		return known;
	}

	private HandshakeRequest known(HttpServletRequest request) {
		return new HandshakeRequest(request, this.handshakes.addresses(), false);
	}

	private void checkOrigin(HandshakeRequest request) {
		this.checks.checkOrigin(request);
		CrossOrigin.check(request);
		if (CrossOrigin.isUntold(request)) {
			this.checks.checkReferrer(request);
		}
	}

	/**
	 * Open a stream, and refuse it for now if something fails that nobody has expected,
	 * such as the store of HTTP sessions: a browser that got the status 500 would not
	 * come back.
	 * @param request the request
	 * @param opening opens the stream
	 * @throws RequestRefusedException if the request is refused
	 * @throws IOException if the client has disconnected
	 */
	public void guarded(HttpServletRequest request, Opening opening) throws IOException {
		try {
			opening.open();
		}
		catch (RequestRefusedException ex) {
			throw ex;
		}
		catch (RuntimeException ex) {
			if (request.isAsyncStarted()) {
				// The response is the stream's by now
				throw ex;
			}
			this.log.error("A stream could not be opened, and its client is sent away for now", ex);
			throw new RequestRefusedException(ErrorCode.INTERNAL, ErrorCode.INTERNAL.text());
		}
	}

	/**
	 * Return the checker of requests.
	 * @return the checker
	 */
	public AdmissionChecker checks() {
		return this.checks;
	}

	/**
	 * Return the rates of messages that come without a connection.
	 * @return the rates
	 */
	public RequestRates rates() {
		return this.rates;
	}

	/**
	 * Return the limit of requests for sessions that do not exist.
	 * @return the limit
	 */
	public GuessLimit guesses() {
		return this.guesses;
	}

	/**
	 * Return the token in the header {@code Authorization}, unless it has identified the
	 * client already, as with Spring Security.
	 * @param request the request
	 * @return the token, or {@code null} if there is none
	 */
	public @Nullable String token(HttpServletRequest request) {
		String header = request.getHeader(HttpHeaders.AUTHORIZATION);
		boolean bearer = header != null && header.regionMatches(true, 0, BEARER, 0, BEARER.length());
		return (bearer && this.tokens.isEnabled() && request.getUserPrincipal() == null)
				? header.substring(BEARER.length()).trim() : null;
	}

	/**
	 * Open a stream, once all checks have passed.
	 * @param request the request that was returned by {@link #connecting}
	 * @param response the response to it
	 * @param framing encodes what is written
	 * @param proof the proof of the client's identity
	 * @param attributes attributes for the door's connection
	 * @param door the door
	 * @return the connection, to which messages of the client may be passed that arrive
	 * in other requests
	 * @throws RequestRefusedException if there are too many connections of the address
	 * @throws IOException if the client has disconnected
	 */
	public Inbound open(HttpServletRequest request, HttpServletResponse response, StreamFraming framing,
			ClientProof proof, Map<String, Object> attributes, Door door) throws IOException {
		HandshakeRequest known = (HandshakeRequest) request;
		CrossOrigin.allow(known, response);
		return this.dispatcher.open(known, response, framing, proof, attributes, door);
	}

	/**
	 * Open a connection that is no response, once all checks have passed: its messages
	 * leave in the answers to requests.
	 * @param address the client's address
	 * @param transport writes to the client
	 * @param proof the proof of the client's identity
	 * @param attributes attributes for the door's connection
	 * @param door makes the connection
	 * @param opening takes the connection before it is opened
	 * @param <C> the type of the connection
	 * @return the connection
	 * @throws RequestRefusedException if there are too many connections of the address or
	 * the user
	 */
	public <C extends Inbound> C open(InetSocketAddress address, SessionTransport transport, ClientProof proof,
			Map<String, Object> attributes, Function<Arrival, C> door, Consumer<C> opening) {
		return this.dispatcher.open(address, transport, proof, attributes, door, opening);
	}

	/**
	 * Keep the response to a request until it is answered. The thread of the request is
	 * free then.
	 * @param request the request that was returned by {@link #carrying}
	 * @param response the response to it
	 * @return the response
	 * @throws IOException if the client has disconnected
	 */
	public HeldResponse hold(HttpServletRequest request, HttpServletResponse response) throws IOException {
		HandshakeRequest known = (HandshakeRequest) request;
		CrossOrigin.allow(known, response);
		return this.dispatcher.hold(known, response);
	}

	/**
	 * Check that the node accepts clients, and has room for one more connection.
	 * @param request the request that was returned by {@link #carrying}
	 * @throws RequestRefusedException if it does not
	 */
	public void checkRoom(HttpServletRequest request) {
		this.checks.checkRoom((HandshakeRequest) request);
	}

	/**
	 * Return whether the node accepts clients.
	 * @return {@code false} while it stops
	 */
	public boolean isOpen() {
		return this.handshakes.gate().isOpen();
	}

	/**
	 * Let the page that has made a request read the response.
	 * @param request the request that was returned by {@link #passing}
	 * @param response the response to it
	 */
	public void allowPage(HttpServletRequest request, HttpServletResponse response) {
		CrossOrigin.allow((HandshakeRequest) request, response);
	}

	/**
	 * Answer a browser that asks whether a page of another origin may make a request.
	 * @param request the question
	 * @param response the response to it
	 * @throws IOException if the client has disconnected
	 */
	public void preflight(HttpServletRequest request, HttpServletResponse response) throws IOException {
		HandshakeRequest known = known(request);
		try {
			checkOrigin(known);
			CrossOrigin.answer(known, response);
		}
		catch (RequestRefusedException ex) {
			this.handshakes.refusals().refuse(known, response, ex);
		}
	}

	/**
	 * Refuse a request with a status.
	 * @param request the request
	 * @param response the response to it
	 * @param cause the reason
	 * @throws IOException if the client has disconnected
	 */
	public void refuse(HttpServletRequest request, HttpServletResponse response, RequestRefusedException cause)
			throws IOException {
		allowRefused(request, response);
		this.handshakes.refusals().refuse(request, response, cause);
	}

	/**
	 * Let the page that has made a request read why it is refused, if its origin may
	 * connect: a browser treats an answer without that as a failure for good.
	 */
	private void allowRefused(HttpServletRequest request, HttpServletResponse response) {
		HandshakeRequest known = (request instanceof HandshakeRequest handshake) ? handshake : known(request);
		try {
			checkOrigin(known);
			CrossOrigin.allow(known, response);
		}
		catch (HandshakeRefusedException ex) {
			// The page may not read anything
		}
	}

	/**
	 * Refuse an event stream: for good with a status, and for now with a stream that ends
	 * at once and says when to come back.
	 * @param request the request
	 * @param response the response to it
	 * @param cause the reason
	 * @throws IOException if the client has disconnected
	 */
	public void refuseEvents(HttpServletRequest request, HttpServletResponse response, RequestRefusedException cause)
			throws IOException {
		String data = JsonText.object((out) -> {
			out.writeStringProperty("type", "refused");
			out.writeNumberProperty("code", cause.code().code());
			out.writeStringProperty("reason", cause.reason());
		});
		String body = "retry: " + retryMillis(cause.code()) + "\nevent: refused\ndata: " + data + "\n\n";
		refuseStream(request, response, cause, EVENT_STREAM, body.getBytes(StandardCharsets.UTF_8));
	}

	/**
	 * Refuse a stream: for good with a status, and for now with a stream that ends at
	 * once.
	 * @param request the request
	 * @param response the response to it
	 * @param cause the reason
	 * @param contentType the content type of the stream
	 * @param body the stream if the refusal is for now
	 * @throws IOException if the client has disconnected
	 */
	public void refuseStream(HttpServletRequest request, HttpServletResponse response, RequestRefusedException cause,
			String contentType, byte[] body) throws IOException {
		if (RefusalResponder.isTemporary(cause)) {
			allowRefused(request, response);
			this.handshakes.refusals().endStream(request, response, cause, contentType, body);
		}
		else {
			refuse(request, response, cause);
		}
	}

	/**
	 * Return after which time a refused client should come back: a limit lasts longer
	 * than the stop of a node, and all clients must not come back at once.
	 */
	private static int retryMillis(ErrorCode code) {
		int least = (code == ErrorCode.LIMIT_EXCEEDED) ? 5_000 : 500;
		return least + ThreadLocalRandom.current().nextInt(2 * least);
	}

	/**
	 * Opens a stream.
	 */
	@FunctionalInterface
	public interface Opening {

		/**
		 * Open the stream.
		 * @throws IOException if the client has disconnected
		 */
		void open() throws IOException;

	}

}
