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
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

import io.github.atmosphererelay.broadcast.MessageTooLargeException;
import io.github.atmosphererelay.channel.internal.ChannelCatalog;
import io.github.atmosphererelay.door.internal.ChannelPath;
import io.github.atmosphererelay.door.internal.ClientProof;
import io.github.atmosphererelay.door.internal.ErrorStatus;
import io.github.atmosphererelay.door.internal.HandshakeRefusedException;
import io.github.atmosphererelay.door.internal.JsonText;
import io.github.atmosphererelay.door.internal.Refusal;
import io.github.atmosphererelay.door.internal.StreamRequests;
import io.github.atmosphererelay.guard.internal.Failures;
import io.github.atmosphererelay.inbound.internal.ClientMessageReceiver;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.session.internal.NodeIdentity;
import io.github.atmosphererelay.session.internal.WriterPool;
import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.http.InvalidMediaTypeException;
import org.springframework.http.MediaType;
import org.springframework.web.servlet.function.RouterFunction;
import org.springframework.web.servlet.function.RouterFunctions;
import org.springframework.web.servlet.function.ServerRequest;
import org.springframework.web.servlet.function.ServerResponse;

/**
 * Receives messages that clients send by POST to a channel's path, as at the raw door
 * over a connection: the same clients may send, to the same handlers, at the same rates.
 * The request's thread reads the body and blocks as long as the authorizer does; it does
 * not wait for the handler or the broker.
 */
final class MessageRoutes {

	/** The time that a handler or the broker has for an answer. */
	private static final Duration TIMEOUT = Duration.ofSeconds(30);

	private final StreamRequests requests;

	private final String doorPath;

	private final int maxMessageSize;

	private final ChannelCatalog catalog;

	private final NodeIdentity identity;

	private final WriterPool writers;

	private final ClientMessageReceiver messages;

	/**
	 * Create the route.
	 * @param requests checks requests
	 * @param doorPath the doors' path
	 * @param maxMessageSize the maximum size of a message
	 * @param catalog the channels
	 * @param identity names senders
	 * @param writers create the senders, which are no connections
	 * @param messages receives messages
	 */
	MessageRoutes(StreamRequests requests, String doorPath, int maxMessageSize, ChannelCatalog catalog,
			NodeIdentity identity, WriterPool writers, ClientMessageReceiver messages) {
		this.requests = requests;
		this.doorPath = doorPath;
		this.maxMessageSize = maxMessageSize;
		this.catalog = catalog;
		this.identity = identity;
		this.writers = writers;
		this.messages = messages;
	}

	/**
	 * Return the route of messages to channels that exist.
	 */
	RouterFunction<ServerResponse> route() {
		return RouterFunctions.route(this::matches, this::receive);
	}

	private boolean matches(ServerRequest request) {
		if (!HttpMethod.POST.equals(request.method())) {
			return false;
		}
		try {
			return this.catalog.find(ChannelPath.channel(request.servletRequest(), this.doorPath)) != null;
		}
		catch (IllegalArgumentException ex) {
			return false;
		}
	}

	private ServerResponse receive(ServerRequest request) throws IOException {
		HttpServletRequest servletRequest = request.servletRequest();
		try {
			return accept(servletRequest);
		}
		catch (RequestRefusedException ex) {
			return ServerResponse.ok().build((sameRequest, response) -> {
				this.requests.refuse(servletRequest, response, ex);
				return null;
			});
		}
	}

	private ServerResponse accept(HttpServletRequest original) throws IOException {
		HttpServletRequest request = this.requests.passing(original);
		ClientProof proof = this.requests.checks().identify(request, this.requests.token(request));
		InetSocketAddress address = new InetSocketAddress(request.getRemoteHost(), request.getRemotePort());
		if (!this.requests.rates().allows(address, proof.principal())) {
			throw new RequestRefusedException(ErrorCode.TOO_MANY_REQUESTS, "the message rate is over the limit");
		}
		Payload message = read(request);
		LocalSession session = this.writers.detached(this.identity.newSessionId(), proof.principal(), address);
		try {
			return ServerResponse
				.async(this.messages.receiveDetached(session, ChannelPath.channel(request, this.doorPath), message)
					.handle((answer, failure) -> answer(request, answer, failure)), TIMEOUT);
		}
		catch (MessageTooLargeException ex) {
			throw tooLarge();
		}
	}

	private Payload read(HttpServletRequest request) throws IOException {
		MediaType type = type(request);
		boolean binary = type != null && MediaType.APPLICATION_OCTET_STREAM.equalsTypeAndSubtype(type);
		boolean text = type != null && (type.getType().equals("text")
				|| MediaType.APPLICATION_JSON.equalsTypeAndSubtype(type) || "json".equals(type.getSubtypeSuffix()));
		if (!binary && !text) {
			throw new HandshakeRefusedException(Refusal.MEDIA_TYPE,
					"the message must be text, JSON or application/octet-stream");
		}
		byte[] body = request.getInputStream().readNBytes(this.maxMessageSize + 1);
		if (body.length > this.maxMessageSize) {
			throw tooLarge();
		}
		return binary ? Payload.binary(body) : text(body);
	}

	private static @Nullable MediaType type(HttpServletRequest request) {
		try {
			String type = request.getContentType();
			return (type != null) ? MediaType.parseMediaType(type) : null;
		}
		catch (InvalidMediaTypeException ex) {
			return null;
		}
	}

	private static Payload text(byte[] body) {
		try {
			StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(body));
			return Payload.text(body);
		}
		catch (CharacterCodingException ex) {
			throw new HandshakeRefusedException(Refusal.MALFORMED, "the text is not UTF-8");
		}
	}

	private HandshakeRefusedException tooLarge() {
		return new HandshakeRefusedException(Refusal.TOO_LARGE,
				"the message has more than " + this.maxMessageSize + " bytes");
	}

	/**
	 * Answer with what a handler has returned. Refusals of the receiver were counted
	 * there.
	 */
	private ServerResponse answer(HttpServletRequest request, @Nullable Payload answer, @Nullable Throwable failure) {
		if (failure == null) {
			return (answer != null) ? write(request, ServerResponse.ok(), type(answer), answer.bytes())
					: write(request, ServerResponse.noContent(), null, new byte[0]);
		}
		RequestRefusedException refusal = (Failures.unwrap(failure) instanceof RequestRefusedException known) ? known
				: new RequestRefusedException(ErrorCode.INTERNAL, ErrorCode.INTERNAL.text());
		ServerResponse.BodyBuilder response = ServerResponse.status(status(refusal.code()));
		if (refusal.code().isTemporary()) {
			response.header(HttpHeaders.RETRY_AFTER, "1");
		}
		return write(request, response, MediaType.APPLICATION_JSON, JsonText.object((out) -> {
			out.writeNumberProperty("code", refusal.code().code());
			out.writeStringProperty("reason", refusal.reason());
		}).getBytes(StandardCharsets.UTF_8));
	}

	private static HttpStatus status(ErrorCode code) {
		return ErrorStatus.of(code);
	}

	private static MediaType type(Payload answer) {
		return answer.isBinary() ? MediaType.APPLICATION_OCTET_STREAM
				: new MediaType(MediaType.TEXT_PLAIN, StandardCharsets.UTF_8);
	}

	private ServerResponse write(HttpServletRequest request, ServerResponse.HeadersBuilder<?> response,
			@Nullable MediaType type, byte[] body) {
		response.header(HttpHeaders.CACHE_CONTROL, "no-store");
		if (type != null) {
			response.header(HttpHeaders.CONTENT_TYPE, type.toString());
		}
		return response.build((sameRequest, servletResponse) -> {
			this.requests.allowPage(request, servletResponse);
			servletResponse.getOutputStream().write(body);
			return null;
		});
	}

}
