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
import io.github.atmosphererelay.session.CloseReason;

/**
 * Thrown when a message of a client exceeds a limit.
 */
public final class RefusedMessageException extends RuntimeException {

	private final CloseReason reason;

	RefusedMessageException(CloseReason reason) {
		// Without a stack trace, because clients can cause it at any rate.
		super(reason.text(), null, false, false);
		this.reason = reason;
	}

	/**
	 * Return the code that is counted.
	 * @return the code
	 */
	public ErrorCode code() {
		return this.reason.equals(CloseReason.RATE_LIMIT) ? ErrorCode.TOO_MANY_REQUESTS : ErrorCode.LIMIT_EXCEEDED;
	}

	/**
	 * Return the reason with which the client's connection is closed.
	 * @return the reason
	 */
	public CloseReason reason() {
		return this.reason;
	}

}
