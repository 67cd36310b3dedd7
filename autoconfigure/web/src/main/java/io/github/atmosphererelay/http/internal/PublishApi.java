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

package io.github.atmosphererelay.http.internal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.function.Consumer;

import io.github.atmosphererelay.broadcast.Broadcaster;
import io.github.atmosphererelay.broadcast.MessageTooLargeException;
import io.github.atmosphererelay.broadcast.PublishOptions;
import io.github.atmosphererelay.channel.ReadOnlyChannelException;
import io.github.atmosphererelay.channel.UnknownChannelException;
import io.github.atmosphererelay.door.internal.ErrorStatus;
import io.github.atmosphererelay.door.internal.JsonText;
import io.github.atmosphererelay.guard.internal.Failures;
import io.github.atmosphererelay.guard.internal.RateLimitedLog;
import io.github.atmosphererelay.message.internal.ChannelNames;
import io.github.atmosphererelay.message.internal.QueryParameters;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.relay.RelayOverloadedException;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import jakarta.servlet.http.HttpServletRequest;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.InvalidMediaTypeException;
import org.springframework.http.MediaType;
import org.springframework.web.servlet.function.RequestPredicates;
import org.springframework.web.servlet.function.RouterFunction;
import org.springframework.web.servlet.function.RouterFunctions;
import org.springframework.web.servlet.function.ServerRequest;
import org.springframework.web.servlet.function.ServerResponse;
import org.springframework.web.util.ServletRequestPathUtils;

/**
 * Publishes messages that are sent by HTTP, and answers with receipts. The application's
 * security rules decide who may publish. The request's thread only reads the body; it
 * does not wait for the broker.
 */
public final class PublishApi {

	private static final Log logger = LogFactory.getLog(PublishApi.class);

	private static final String MESSAGES = "/messages";

	private final RateLimitedLog failureLog = new RateLimitedLog(logger, Duration.ofSeconds(10));

	private final String channels;

	private final Broadcaster broadcaster;

	private final int maxMessageSize;

	private PublishApi(String channels, Broadcaster broadcaster, int maxMessageSize) {
		this.channels = channels;
		this.broadcaster = broadcaster;
		this.maxMessageSize = maxMessageSize;
	}

	/**
	 * Create the routes.
	 * @param path the path before {@code /api}
	 * @param broadcaster publishes the messages
	 * @param maxMessageSize the maximum size of a message in bytes
	 * @return the routes
	 */
	public static RouterFunction<ServerResponse> routes(String path, Broadcaster broadcaster, int maxMessageSize) {
		String channels = path + "/api/channels/";
		PublishApi api = new PublishApi(channels, broadcaster, maxMessageSize);
		// A path pattern cannot have several segments before its last one, and channel
		// names have any number of segments.
		return RouterFunctions.route(RequestPredicates.POST(channels + "**"), api::publish);
	}

	private ServerResponse publish(ServerRequest request) throws IOException {
		MediaType type = type(request);
		if (type == null || !(isText(type) || MediaType.APPLICATION_OCTET_STREAM.includes(type))) {
			return refusal(HttpStatus.UNSUPPORTED_MEDIA_TYPE, ErrorCode.BAD_REQUEST,
					"the message must be text, JSON or application/octet-stream", false);
		}
		HttpServletRequest servletRequest = request.servletRequest();
		byte[] body = servletRequest.getInputStream().readNBytes(this.maxMessageSize + 1);
		if (body.length > this.maxMessageSize) {
			return tooLarge();
		}
		try {
			String except = QueryParameters.parse(servletRequest.getQueryString()).get("except");
			PublishOptions options = (except != null) ? PublishOptions.DEFAULTS.exceptSession(except)
					: PublishOptions.DEFAULTS;
			Object message = isText(type) ? text(body, type.getCharset()) : body;
			return ServerResponse
				.async(this.broadcaster.broadcast(channel(servletRequest), message, options).handle(this::answer));
		}
		catch (UnknownChannelException ex) {
			return refusal(HttpStatus.NOT_FOUND, ErrorCode.UNKNOWN_CHANNEL, "there is no such channel", false);
		}
		catch (ReadOnlyChannelException ex) {
			return refusal(ErrorStatus.of(ErrorCode.PERMISSION_DENIED), ErrorCode.PERMISSION_DENIED,
					"this channel takes no messages", false);
		}
		catch (MessageTooLargeException ex) {
			return tooLarge();
		}
		catch (RequestRefusedException ex) {
			// Thrown by an OutboundInterceptor.
			return refusal(ErrorStatus.of(ex.code()), ex.code(), ex.reason(), ex.code().isTemporary());
		}
		catch (IllegalArgumentException ex) {
			return refusal(HttpStatus.BAD_REQUEST, ErrorCode.BAD_REQUEST, String.valueOf(ex.getMessage()), false);
		}
	}

	private static @Nullable MediaType type(ServerRequest request) {
		try {
			return request.headers().contentType().orElse(null);
		}
		catch (InvalidMediaTypeException ex) {
			return null;
		}
	}

	private static boolean isText(MediaType type) {
		return type.getType().equals("text") || MediaType.APPLICATION_JSON.includes(type)
				|| "json".equals(type.getSubtypeSuffix());
	}

	private static String text(byte[] body, @Nullable Charset charset) {
		try {
			return ((charset != null) ? charset : StandardCharsets.UTF_8).newDecoder()
				.decode(ByteBuffer.wrap(body))
				.toString();
		}
		catch (CharacterCodingException ex) {
			throw new IllegalArgumentException("the text does not have the encoding that it should have");
		}
	}

	/**
	 * Return the channel's name: everything before the last segment, as it was sent.
	 */
	private String channel(HttpServletRequest request) {
		String path = ServletRequestPathUtils.getParsedRequestPath(request).pathWithinApplication().value();
		if (!path.startsWith(this.channels) || !path.endsWith(MESSAGES)
				|| path.length() <= this.channels.length() + MESSAGES.length()) {
			throw new IllegalArgumentException("the path names no channel: " + this.channels + "{channel}" + MESSAGES);
		}
		return ChannelNames.ofPath(path.substring(this.channels.length(), path.length() - MESSAGES.length()));
	}

	private ServerResponse answer(@Nullable Receipt receipt, @Nullable Throwable failure) {
		if (receipt != null) {
			return json(
					ServerResponse
						.status((receipt.outcome() == Outcome.UNCONFIRMED) ? HttpStatus.ACCEPTED : HttpStatus.OK),
					(out) -> {
						out.writeStringProperty("messageId", receipt.messageId().toString());
						out.writeStringProperty("outcome", receipt.outcome().toString());
					});
		}
		Throwable cause = Failures.unwrap(failure);
		if (cause instanceof RelayOverloadedException) {
			return refusal(HttpStatus.SERVICE_UNAVAILABLE, ErrorCode.TOO_MANY_REQUESTS,
					"too many messages wait for the broker", true);
		}
		if (cause instanceof RelayUnavailableException) {
			return refusal(HttpStatus.SERVICE_UNAVAILABLE, ErrorCode.INTERNAL,
					"the broker does not take the message now, try again", true);
		}
		this.failureLog.error(
				"A message that was sent to the HTTP API could not be published, and the client got status 500",
				(cause != null) ? cause : new IllegalStateException("There was neither a receipt nor a failure"));
		return refusal(HttpStatus.INTERNAL_SERVER_ERROR, ErrorCode.INTERNAL, ErrorCode.INTERNAL.text(), false);
	}

	private ServerResponse tooLarge() {
		return refusal(HttpStatus.CONTENT_TOO_LARGE, ErrorCode.LIMIT_EXCEEDED,
				"the message has more than " + this.maxMessageSize + " bytes", false);
	}

	private static ServerResponse refusal(HttpStatus status, ErrorCode code, String reason, boolean later) {
		ServerResponse.BodyBuilder response = ServerResponse.status(status);
		if (later) {
			response.header(HttpHeaders.RETRY_AFTER, "1");
		}
		return json(response, (out) -> {
			out.writeNumberProperty("code", code.code());
			out.writeStringProperty("reason", reason);
		});
	}

	private static ServerResponse json(ServerResponse.BodyBuilder response, Consumer<JsonGenerator> members) {
		byte[] body = JsonText.object(members).getBytes(StandardCharsets.UTF_8);
		// Written here, because the application's converters may write a string as a JSON
		// string.
		return response.contentType(MediaType.APPLICATION_JSON).build((request, servletResponse) -> {
			servletResponse.getOutputStream().write(body);
			return null;
		});
	}

}
