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

package io.github.atmosphererelay.relay;

/**
 * A message could not be handled in a transaction because the database, and not the
 * application, has failed: the transaction was not begun, or what the group itself stores
 * in it was not stored or committed. That says nothing about the message, and is no
 * attempt to handle it.
 */
@SuppressWarnings("serial")
public final class GroupTransactionException extends RuntimeException {

	/**
	 * Create an exception.
	 * @param cause the failure of the database
	 */
	public GroupTransactionException(Throwable cause) {
		super("The transaction of a message could not be begun, or not be committed", cause);
	}

}
