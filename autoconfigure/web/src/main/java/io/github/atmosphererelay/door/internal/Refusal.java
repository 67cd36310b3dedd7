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
 * Why a handshake is refused: what the client is answered, what is counted, and what the
 * log says of it.
 */
public enum Refusal {

	/** The node stops. Not logged: this is what it is told to do. */
	SHUTTING_DOWN(HttpStatus.SERVICE_UNAVAILABLE, ErrorCode.NOT_AVAILABLE, Level.NONE, null),

	/** The web server takes hardly any more connections. */
	FULL(HttpStatus.SERVICE_UNAVAILABLE, ErrorCode.LIMIT_EXCEEDED, Level.WARN,
			"Raise 'server.tomcat.max-connections' or 'server.jetty.max-connections' and the limit of open files, "
					+ "or add nodes; 'atmosphere.limits.reserved-connections' is what is kept for other requests"),

	/** The request makes no sense. */
	MALFORMED(HttpStatus.BAD_REQUEST, ErrorCode.BAD_REQUEST, Level.INFO, null),

	/** The client speaks another version of WebSocket. */
	VERSION(HttpStatus.UPGRADE_REQUIRED, ErrorCode.BAD_REQUEST, Level.INFO, null),

	/** A page of another server wants to connect. */
	ORIGIN(HttpStatus.FORBIDDEN, ErrorCode.PERMISSION_DENIED, Level.WARN,
			"'atmosphere.websocket.allowed-origins' lets further origins in. Behind a proxy that ends TLS, "
					+ "'server.forward-headers-strategy' tells this server the address that browsers see"),

	/** No pattern covers the channel. */
	UNKNOWN_CHANNEL(HttpStatus.NOT_FOUND, ErrorCode.UNKNOWN_CHANNEL, Level.WARN,
			"One of 'atmosphere.channels[*].pattern' has to cover its name"),

	/** An address has too many sessions. Logged where that is counted. */
	ADDRESS_LIMIT(HttpStatus.TOO_MANY_REQUESTS, ErrorCode.LIMIT_EXCEEDED, Level.NONE, null),

	/** A user has too many sessions. */
	USER_LIMIT(HttpStatus.TOO_MANY_REQUESTS, ErrorCode.LIMIT_EXCEEDED, Level.WARN,
			"'atmosphere.limits.sessions-per-user' says how many a user may have"),

	/** The channel is not for anonymous clients. */
	ANONYMOUS(HttpStatus.UNAUTHORIZED, ErrorCode.UNAUTHORIZED, Level.INFO,
			"'atmosphere.channels[*].subscribe' says who may subscribe"),

	/** The client may not subscribe to the channel. */
	DENIED(HttpStatus.FORBIDDEN, ErrorCode.PERMISSION_DENIED, Level.INFO,
			"'atmosphere.channels[*].subscribe' says who may subscribe, or the ChannelAuthorizer if there is one"),

	/** The principal is known, and has no name. */
	NAMELESS(HttpStatus.UNAUTHORIZED, ErrorCode.UNAUTHORIZED, Level.WARN,
			"Principal.getName() has to name the user. With JWTs, "
					+ "'spring.security.oauth2.resourceserver.jwt.principal-claim-name' says which claim does"),

	/** The client's token proves nothing. */
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
	 * Return what whoever operates the node can do about it.
	 */
	@Nullable String advice() {
		return this.advice;
	}

	/**
	 * How important a refusal is to those who operate the node.
	 */
	enum Level {

		/** Something is probably configured in a way that was not meant. */
		WARN,

		/** This happens in normal operation. */
		INFO,

		/** Nothing is logged. */
		NONE

	}

}
