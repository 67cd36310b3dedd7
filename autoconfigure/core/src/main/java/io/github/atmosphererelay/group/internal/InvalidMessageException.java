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

package io.github.atmosphererelay.group.internal;

/**
 * A message cannot be handled, however often it is tried, because it is not valid.
 */
@SuppressWarnings("serial")
public final class InvalidMessageException extends Exception {

	private final Throwable failure;

	/**
	 * Create the exception.
	 * @param reason why the message is not valid, without anything of its content, since
	 * operators see it
	 * @param failure the exception
	 */
	public InvalidMessageException(String reason, Throwable failure) {
		super(reason, failure);
		this.failure = failure;
	}

	Throwable failure() {
		return this.failure;
	}

}
