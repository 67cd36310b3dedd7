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

import org.springframework.http.HttpStatus;

/**
 * Maps each {@link ErrorCode} to an HTTP status, for refused handshakes and for requests.
 */
public final class ErrorStatus {

	private ErrorStatus() {
	}

	/**
	 * Return the status of a refusal.
	 * @param code the reason of the refusal
	 * @return the status
	 */
	public static HttpStatus of(ErrorCode code) {
		return switch (code) {
			case BAD_REQUEST -> HttpStatus.BAD_REQUEST;
			case UNAUTHORIZED, TOKEN_EXPIRED -> HttpStatus.UNAUTHORIZED;
			case PERMISSION_DENIED, METHOD_NOT_FOUND, ALREADY_SUBSCRIBED, NOT_AVAILABLE, UNRECOVERABLE_POSITION ->
				HttpStatus.FORBIDDEN;
			case UNKNOWN_CHANNEL -> HttpStatus.NOT_FOUND;
			case TOO_MANY_REQUESTS, LIMIT_EXCEEDED -> HttpStatus.TOO_MANY_REQUESTS;
			case INTERNAL -> HttpStatus.INTERNAL_SERVER_ERROR;
		};
	}

}
