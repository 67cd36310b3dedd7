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
 * A message of a client that breaks a limit.
 */
public final class RefusedMessageException extends RuntimeException {

	private final CloseReason reason;

	RefusedMessageException(CloseReason reason) {
		// Clients can cause it at will, and nobody reads its stack.
		super(reason.text(), null, false, false);
		this.reason = reason;
	}

	/**
	 * Return what is counted.
	 * @return the code
	 */
	public ErrorCode code() {
		return this.reason.equals(CloseReason.RATE_LIMIT) ? ErrorCode.TOO_MANY_REQUESTS : ErrorCode.LIMIT_EXCEEDED;
	}

	/**
	 * Return what the client's connection is closed with.
	 * @return the reason
	 */
	public CloseReason reason() {
		return this.reason;
	}

}
