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

import io.github.atmosphererelay.refusal.ErrorCode;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpStatus;

/**
 * The reasons for refusing a handshake, each with the status for the client, the code
 * that is counted, and the advice for the log.
 */
public enum Refusal {

	/** The node stops. Not logged, because it is expected. */
	SHUTTING_DOWN(HttpStatus.SERVICE_UNAVAILABLE, ErrorCode.NOT_AVAILABLE, Level.NONE, null),

	/** The web server has hardly any connections left. */
	FULL(HttpStatus.SERVICE_UNAVAILABLE, ErrorCode.LIMIT_EXCEEDED, Level.WARN,
			"Raise 'server.tomcat.max-connections' or 'server.jetty.max-connections' and the limit of open files, "
					+ "or add nodes. 'atmosphere.limits.reserved-connections' are reserved for other HTTP requests"),

	/** The request is malformed. */
	MALFORMED(HttpStatus.BAD_REQUEST, ErrorCode.BAD_REQUEST, Level.INFO, null),

	/** The client speaks another version of WebSocket. */
	VERSION(HttpStatus.UPGRADE_REQUIRED, ErrorCode.BAD_REQUEST, Level.INFO, null),

	/** The page of another origin wants to connect. */
	ORIGIN(HttpStatus.FORBIDDEN, ErrorCode.PERMISSION_DENIED, Level.WARN,
			"If its pages may connect, add the origin to 'atmosphere.websocket.allowed-origins'. If it is this server's"
					+ " own origin behind a proxy, set 'server.forward-headers-strategy'"),

	/** No pattern covers the channel. */
	UNKNOWN_CHANNEL(HttpStatus.NOT_FOUND, ErrorCode.UNKNOWN_CHANNEL, Level.WARN,
			"If the channel should exist, one 'atmosphere.channels[*].pattern' has to cover its name"),

	/** An address has too many sessions. Logged by {@link ClientLimits}. */
	ADDRESS_LIMIT(HttpStatus.TOO_MANY_REQUESTS, ErrorCode.LIMIT_EXCEEDED, Level.NONE, null),

	/** A user has too many sessions. */
	USER_LIMIT(HttpStatus.TOO_MANY_REQUESTS, ErrorCode.LIMIT_EXCEEDED, Level.WARN,
			"If users may have more sessions, raise 'atmosphere.limits.sessions-per-user'"),

	/** The channel does not permit anonymous clients. */
	ANONYMOUS(HttpStatus.UNAUTHORIZED, ErrorCode.UNAUTHORIZED, Level.INFO,
			"'atmosphere.channels[*].subscribe' decides who may subscribe"),

	/** The client may not subscribe to the channel. */
	DENIED(HttpStatus.FORBIDDEN, ErrorCode.PERMISSION_DENIED, Level.INFO,
			"'atmosphere.channels[*].subscribe' decides who may subscribe, or the ChannelAuthorizer bean if there is"
					+ " one"),

	/** The principal has no name. */
	NAMELESS(HttpStatus.UNAUTHORIZED, ErrorCode.UNAUTHORIZED, Level.WARN,
			"Principal.getName() must return the user's name. With JWTs, set "
					+ "'spring.security.oauth2.resourceserver.jwt.principal-claim-name' to the claim that contains it"),

	/** The message is larger than allowed. */
	TOO_LARGE(HttpStatus.CONTENT_TOO_LARGE, ErrorCode.LIMIT_EXCEEDED, Level.INFO,
			"'atmosphere.websocket.max-message-size' is the limit"),

	/** The message is of a type that is not published. */
	MEDIA_TYPE(HttpStatus.UNSUPPORTED_MEDIA_TYPE, ErrorCode.BAD_REQUEST, Level.INFO, null),

	/** There is no such session, or it is another user's. Clients connect again. */
	NO_SESSION(HttpStatus.NOT_FOUND, ErrorCode.PERMISSION_DENIED, Level.NONE, null),

	/** More waits for a session than may. */
	BUSY(HttpStatus.SERVICE_UNAVAILABLE, ErrorCode.TOO_MANY_REQUESTS, Level.NONE, null),

	/** The client's token is not valid. */
	TOKEN(HttpStatus.UNAUTHORIZED, ErrorCode.UNAUTHORIZED, Level.INFO, null);

	private final HttpStatus status;

	private final ErrorCode code;

	private final Level level;

	private final @Nullable String advice;

	Refusal(HttpStatus status, ErrorCode code, Level level, @Nullable String advice) {
		this.status = status;
		this.code = code;
		this.level = level;
		this.advice = advice;
	}

	/**
	 * Return whether the same request may be accepted a little later, or by another node.
	 */
	boolean isTemporary() {
		return switch (this) {
			case SHUTTING_DOWN, FULL, ADDRESS_LIMIT, USER_LIMIT, BUSY -> true;
			default -> false;
		};
	}

	HttpStatus status() {
		return this.status;
	}

	ErrorCode code() {
		return this.code;
	}

	Level level() {
		return this.level;
	}

	/**
	 * Return what an operator of the node can do about it, or {@code null}.
	 */
	@Nullable String advice() {
		return this.advice;
	}

	/**
	 * How a refusal is logged.
	 */
	enum Level {

		/** The configuration is probably not as intended. */
		WARN,

		/** The refusal is part of normal operation. */
		INFO,

		/** Nothing is logged. */
		NONE

	}

}
