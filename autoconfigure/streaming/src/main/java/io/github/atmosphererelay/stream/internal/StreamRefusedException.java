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

package io.github.atmosphererelay.stream.internal;

/**
 * A request to make or change a stream is refused. The message is for the client.
 */
public final class StreamRefusedException extends RuntimeException {

	private final Reason reason;

	StreamRefusedException(Reason reason, String message) {
		super(message, null, false, false);
		this.reason = reason;
	}

	/**
	 * Return why the request is refused.
	 * @return the reason
	 */
	public Reason reason() {
		return this.reason;
	}

	/**
	 * Why a request is refused.
	 */
	public enum Reason {

		/** The request is not valid. */
		INVALID,

		/** There is no such stream, or it belongs to somebody else. */
		UNKNOWN,

		/** There are too many streams or keys. */
		LIMIT,

		/**
		 * The broker or the members do not answer; the same request may succeed later.
		 */
		UNAVAILABLE

	}

}
