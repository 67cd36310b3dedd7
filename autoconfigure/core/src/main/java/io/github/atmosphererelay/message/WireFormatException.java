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

package io.github.atmosphererelay.message;

/**
 * Bytes could not be decoded as an envelope, or as the message between nodes that an
 * envelope contains. The receiver counts the failure under its {@link Reason}, skips the
 * bytes and continues with the next envelope.
 */
public class WireFormatException extends RuntimeException {

	private final Reason reason;

	/**
	 * Create the exception.
	 * @param reason why the bytes were refused
	 * @param message what is wrong with them
	 */
	public WireFormatException(Reason reason, String message) {
		// Without a stack trace, because foreign bytes may come in great numbers.
		super(message, null, false, false);
		this.reason = reason;
	}

	/**
	 * Return why the bytes were refused.
	 * @return the reason
	 */
	public Reason getReason() {
		return this.reason;
	}

	/**
	 * Why bytes were refused. A closed set, so that it can be a meter's tag.
	 */
	public enum Reason {

		/**
		 * The bytes were not written by this library.
		 */
		FOREIGN,

		/**
		 * The bytes were written by a newer version, whose format is not known here.
		 */
		UNKNOWN_VERSION,

		/**
		 * The bytes end earlier than the lengths in them say.
		 */
		TRUNCATED,

		/**
		 * A part is longer than allowed.
		 */
		OVERSIZED,

		/**
		 * The bytes contradict the format, for example by an unknown kind, invalid text
		 * or trailing bytes.
		 */
		MALFORMED

	}

}
