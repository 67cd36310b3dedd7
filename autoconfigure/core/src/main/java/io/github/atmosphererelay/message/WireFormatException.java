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
 * Bytes that are not an envelope, or not one that this version can read, with what an
 * envelope carries between nodes. The receiver counts it under its {@link Reason} and
 * goes on with the next.
 */
public class WireFormatException extends RuntimeException {

	private final Reason reason;

	/**
	 * Create the exception.
	 * @param reason why the bytes are refused
	 * @param message what is wrong with them
	 */
	public WireFormatException(Reason reason, String message) {
		// Foreign bytes may come in floods, and nobody reads the stack of their decoder.
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
	 * Why bytes were refused: a closed set, fit for a meter's tag.
	 */
	public enum Reason {

		/**
		 * Not written by a node of this library.
		 */
		FOREIGN,

		/**
		 * Written by a newer version whose format is not known here.
		 */
		UNKNOWN_VERSION,

		/**
		 * Ends before its own lengths say.
		 */
		TRUNCATED,

		/**
		 * A part is longer than allowed.
		 */
		OVERSIZED,

		/**
		 * Readable, but contradicts the format: unknown kind, invalid text, trailing
		 * bytes.
		 */
		MALFORMED

	}

}
