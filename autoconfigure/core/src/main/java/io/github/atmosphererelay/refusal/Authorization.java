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
 * What a {@code ChannelAuthorizer} has decided.
 *
 * @param refusal why the client may not, or {@code null} if it may
 * @param reason the same in words, for the client
 */
public record Authorization(@Nullable ErrorCode refusal, String reason) {

	/**
	 * The client may.
	 */
	public static final Authorization GRANTED = new Authorization(null, "granted");

	/**
	 * The client may not, whoever it is.
	 */
	public static final Authorization DENIED = denied(ErrorCode.PERMISSION_DENIED.text());

	/**
	 * The client may not as long as it is anonymous.
	 */
	public static final Authorization UNAUTHENTICATED = new Authorization(ErrorCode.UNAUTHORIZED,
			"this is for authenticated clients");

	public Authorization {
		Objects.requireNonNull(reason, "'reason' must not be null");
	}

	/**
	 * Refuse.
	 * @param reason the reason, for the client
	 * @return the refusal
	 */
	public static Authorization denied(String reason) {
		return new Authorization(ErrorCode.PERMISSION_DENIED, reason);
	}

	/**
	 * Return whether the client may.
	 * @return whether nothing was refused
	 */
	public boolean isGranted() {
		return this.refusal == null;
	}

	/**
	 * Do nothing if the client may.
	 * @throws RequestRefusedException if it may not
	 */
	public void require() {
		if (this.refusal != null) {
			throw new RequestRefusedException(this.refusal, this.reason);
		}
	}

}
