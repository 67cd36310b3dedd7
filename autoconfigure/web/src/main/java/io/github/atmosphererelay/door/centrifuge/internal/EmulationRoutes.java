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
import java.net.InetSocketAddress;
import java.security.Principal;
import java.time.Duration;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.atmosphererelay.broadcast.MessageTooLargeException;
import io.github.atmosphererelay.door.centrifuge.internal.EmulatedSessions.Delivery;
import io.github.atmosphererelay.door.internal.HandshakeRefusedException;
import io.github.atmosphererelay.door.internal.JsonText;
import io.github.atmosphererelay.door.internal.Refusal;
import io.github.atmosphererelay.door.internal.StreamRequests;
import io.github.atmosphererelay.guard.internal.Failures;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;

import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.web.servlet.function.RequestPredicates;
import org.springframework.web.servlet.function.RouterFunction;
import org.springframework.web.servlet.function.RouterFunctions;
import org.springframework.web.servlet.function.ServerRequest;
import org.springframework.web.servlet.function.ServerResponse;

/**
 * Takes the commands that clients of HTTP streams send in requests of their own. A
 * request may come to any node, which carries it to that of the session. A client that
 * does not know the session's secret, or is another user, learns only that there is no
 * such session. The request's thread carries the commands out if the session is here; it
 * does not wait for other nodes.
 */
final class EmulationRoutes {

	/** A bound on memory: requests that wait for the answers of other nodes. */
	private static final int MAX_UNDERWAY = 500;

	private static final Duration TIMEOUT = Duration.ofSeconds(30);

	private final EmulatedSessions sessions;

	private final StreamRequests requests;

	private final UUID self;

	private final String doorPath;

	private final int maxBody;

	private final SessionCarrier carrier;

	private final AtomicInteger underway = new AtomicInteger();

	EmulationRoutes(StreamRequests requests, UUID self, String doorPath, int maxMessageSize, EmulatedSessions sessions,
			SessionCarrier carrier) {
		this.sessions = sessions;
		this.requests = requests;
		this.self = self;
		this.doorPath = doorPath;
		// Each character of the commands may be escaped within the request
		this.maxBody = 2 * maxMessageSize + 1_024;
		this.carrier = carrier;
	}

	RouterFunction<ServerResponse> route() {
		return RouterFunctions.route(RequestPredicates.POST(this.doorPath + EmulationMapping.COMMANDS), this::receive);
	}

	private ServerResponse receive(ServerRequest request) throws IOException {
		HttpServletRequest original = request.servletRequest();
		try {
			return accept(original);
		}
		catch (RequestRefusedException ex) {
			return refuse(original, ex);
		}
	}

	private ServerResponse refuse(HttpServletRequest request, RequestRefusedException refusal) {
		return ServerResponse.ok().build((sameRequest, response) -> {
			this.requests.refuse(request, response, refusal);
			return null;
		});
	}

	private ServerResponse accept(HttpServletRequest original) throws IOException {
		HttpServletRequest request = this.requests.carrying(original);
		if (!isJson(request)) {
			throw new HandshakeRefusedException(Refusal.MEDIA_TYPE, "the request must be JSON");
		}
		Request sent = parse(read(request, this.maxBody));
		Principal principal = request.getUserPrincipal();
		String user = (principal != null) ? principal.getName() : null;
		if (sent.node().equals(this.self)) {
			return answer(request, this.sessions.deliver(sent.session(), user, sent.data()));
		}
		return carry(request, sent, user);
	}

	/**
	 * Have another node take the commands, unless the client has named too many sessions
	 * that other nodes do not have: each costs a message between nodes.
	 */
	private ServerResponse carry(HttpServletRequest request, Request sent, @Nullable String user) {
		InetSocketAddress address = new InetSocketAddress(request.getRemoteHost(), request.getRemotePort());
		Principal principal = request.getUserPrincipal();
		if (this.requests.guesses().isReached(address, principal)) {
			throw new RequestRefusedException(ErrorCode.TOO_MANY_REQUESTS, "too many sessions were not found");
		}
		if (this.underway.incrementAndGet() > MAX_UNDERWAY) {
			this.underway.decrementAndGet();
			return answer(request, Delivery.OVERLOADED);
		}
		CompletableFuture<byte @Nullable []> carried;
		try {
			carried = this.carrier.carry(sent.node(), EmulatedSessions.encode(sent.session(), user, sent.data()));
		}
		catch (RuntimeException | Error ex) {
			this.underway.decrementAndGet();
			throw ex;
		}
		CompletableFuture<ServerResponse> response = carried.handle((answer, failure) -> {
			this.underway.decrementAndGet();
			if (answer != null && Delivery.of(answer) == Delivery.UNKNOWN) {
				this.requests.guesses().count(address, principal);
			}
			return answer(request, answer, failure);
		});
		return ServerResponse.async(response, TIMEOUT);
	}

	private ServerResponse answer(HttpServletRequest request, byte @Nullable [] answer, @Nullable Throwable failure) {
		if (failure != null && Failures.unwrap(failure) instanceof MessageTooLargeException) {
			return refuse(request,
					new HandshakeRefusedException(Refusal.TOO_LARGE, "the cluster does not carry so many bytes"));
		}
		if (failure != null) {
			return answer(request, Delivery.OVERLOADED);
		}
		return answer(request, (answer != null) ? Delivery.of(answer) : Delivery.UNKNOWN);
	}

	private ServerResponse answer(HttpServletRequest request, Delivery delivery) {
		return switch (delivery) {
			case TAKEN -> ServerResponse.noContent()
				.header(HttpHeaders.CACHE_CONTROL, "no-store")
				.build((sameRequest, response) -> {
					this.requests.allowPage(request, response);
					return null;
				});
			case UNKNOWN ->
				refuse(request, new HandshakeRefusedException(Refusal.NO_SESSION, "there is no such session"));
			case OVERLOADED -> refuse(request,
					new HandshakeRefusedException(Refusal.BUSY, "the node of the session does not take commands now"));
		};
	}

	private static boolean isJson(HttpServletRequest request) {
		String type = request.getContentType();
		return type != null && (type.equalsIgnoreCase(MediaType.APPLICATION_JSON_VALUE)
				|| type.toLowerCase(Locale.ROOT).startsWith(MediaType.APPLICATION_JSON_VALUE + ";"));
	}

	/**
	 * Read the body of a request.
	 * @throws HandshakeRefusedException if it is too large
	 */
	static byte[] read(HttpServletRequest request, int maxBytes) throws IOException {
		byte[] body = request.getInputStream().readNBytes(maxBytes + 1);
		if (body.length > maxBytes) {
			throw new HandshakeRefusedException(Refusal.TOO_LARGE, "the request has more than " + maxBytes + " bytes");
		}
		return body;
	}

	private static Request parse(byte[] body) {
		String session = null;
		String node = null;
		String data = null;
		try (JsonParser parser = JsonText.FACTORY.createParser(ObjectReadContext.empty(), body)) {
			if (parser.nextToken() != JsonToken.START_OBJECT) {
				throw malformed();
			}
			while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
				String name = parser.currentName();
				JsonToken value = parser.nextToken();
				String text = (value == JsonToken.VALUE_STRING) ? parser.getString() : null;
				parser.skipChildren();
				switch (name) {
					case "session" -> {
						session = text;
					}
					case "node" -> {
						node = text;
					}
					case "data" -> {
						data = text;
					}
					default -> {
					}
				}
			}
		}
		catch (JacksonException ex) {
			throw malformed();
		}
		if (session == null || node == null || data == null) {
			throw malformed();
		}
		return new Request(session, node(node), data);
	}

	/**
	 * Read the id of a node. A text that is none is not an address of anything.
	 */
	private static UUID node(String text) {
		try {
			return UUID.fromString(text);
		}
		catch (IllegalArgumentException ex) {
			throw new HandshakeRefusedException(Refusal.NO_SESSION, "there is no such session");
		}
	}

	private static HandshakeRefusedException malformed() {
		return new HandshakeRefusedException(Refusal.MALFORMED,
				"the request must be an object with the texts 'session', 'node' and 'data'");
	}

	/**
	 * What a client has sent.
	 *
	 * @param session the secret of its session
	 * @param node the id of a node
	 * @param data the commands
	 */
	private record Request(String session, UUID node, String data) {
	}

}
