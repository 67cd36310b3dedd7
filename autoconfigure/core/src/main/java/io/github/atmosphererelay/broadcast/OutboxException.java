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

package io.github.atmosphererelay.broadcast;

/**
 * A message cannot be published with the present transaction, because of how the
 * transaction was begun or how far it has come; or it would have to be published with
 * one, and there is none. The message says what to change. Nothing is sent.
 */
@SuppressWarnings("serial")
public class OutboxException extends RuntimeException {

	/**
	 * Create an exception.
	 * @param message what the matter is, and what to change
	 */
	public OutboxException(String message) {
		super(message);
	}

	/**
	 * Create an exception.
	 * @param message what the matter is, and what to change
	 * @param cause why
	 */
	public OutboxException(String message, Throwable cause) {
		super(message, cause);
	}

}
