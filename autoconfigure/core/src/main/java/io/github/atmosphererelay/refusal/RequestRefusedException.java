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

package io.github.atmosphererelay.refusal;

import java.util.Objects;

/**
 * A request of a client was refused. Handlers and interceptors may throw this exception.
 * The client receives the code and the unchanged message.
 */
public class RequestRefusedException extends RuntimeException {

	private final ErrorCode code;

	/**
	 * Create an exception.
	 * @param code why the request was refused
	 * @param reason the reason in words, which the client receives
	 */
	public RequestRefusedException(ErrorCode code, String reason) {
		super(Objects.requireNonNull(reason, "'reason' must not be null"));
		this.code = Objects.requireNonNull(code, "'code' must not be null");
	}

	/**
	 * Return why the request was refused.
	 * @return the code
	 */
	public ErrorCode code() {
		return this.code;
	}

	/**
	 * Return why the request was refused, in words.
	 * @return the reason, which the client receives
	 */
	public String reason() {
		return Objects.requireNonNull(getMessage());
	}

}
