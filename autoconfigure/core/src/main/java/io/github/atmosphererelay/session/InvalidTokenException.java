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

package io.github.atmosphererelay.session;

import org.jspecify.annotations.Nullable;

/**
 * The token of a client is not valid: it is malformed, expired, or was issued by somebody
 * else. The exception's message is for the log; the client does not get it.
 */
public class InvalidTokenException extends RuntimeException {

	/**
	 * Create an exception.
	 * @param message what is wrong with the token, without the token itself
	 * @param cause the exception of the library that has checked it, or {@code null}
	 */
	public InvalidTokenException(String message, @Nullable Throwable cause) {
		super(message, cause);
	}

}
