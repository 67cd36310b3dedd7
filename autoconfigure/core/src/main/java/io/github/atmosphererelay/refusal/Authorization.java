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

import org.jspecify.annotations.Nullable;

/**
 * The decision of a {@code ChannelAuthorizer}: granted, or refused with a code and a
 * reason.
 *
 * @param refusal the error code for the client, or {@code null} if the request is granted
 * @param reason the reason in words, which the client receives
 */
public record Authorization(@Nullable ErrorCode refusal, String reason) {

	/**
	 * The request is granted.
	 */
	public static final Authorization GRANTED = new Authorization(null, "granted");

	/**
	 * The request is refused, and authentication would not change that.
	 */
	public static final Authorization DENIED = denied(ErrorCode.PERMISSION_DENIED.text());

	/**
	 * The request is refused because the client is anonymous.
	 */
	public static final Authorization UNAUTHENTICATED = new Authorization(ErrorCode.UNAUTHORIZED,
			"this is for authenticated clients");

	public Authorization {
		Objects.requireNonNull(reason, "'reason' must not be null");
	}

	/**
	 * Create a refusal with the code {@link ErrorCode#PERMISSION_DENIED}.
	 * @param reason the reason, which the client receives
	 * @return the refusal
	 */
	public static Authorization denied(String reason) {
		return new Authorization(ErrorCode.PERMISSION_DENIED, reason);
	}

	/**
	 * Return whether the request is granted.
	 * @return {@code false} if it is refused
	 */
	public boolean isGranted() {
		return this.refusal == null;
	}

	/**
	 * Throw an exception unless the request is granted.
	 * @throws RequestRefusedException if the request is refused
	 */
	public void require() {
		if (this.refusal != null) {
			throw new RequestRefusedException(this.refusal, this.reason);
		}
	}

}
