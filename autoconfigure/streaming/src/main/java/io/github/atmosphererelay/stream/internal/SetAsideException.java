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
 * A function of a reducer has thrown, or what it takes or returns could not be read or
 * written.
 */
final class SetAsideException extends Exception {

	private static final long serialVersionUID = 1L;

	private final SetAsideReason reason;

	private final Throwable failure;

	SetAsideException(SetAsideReason reason, Throwable failure) {
		super(reason.tag(), failure);
		this.reason = reason;
		this.failure = failure;
	}

	SetAsideReason reason() {
		return this.reason;
	}

	/**
	 * Return what was thrown.
	 */
	Throwable failure() {
		return this.failure;
	}

}
