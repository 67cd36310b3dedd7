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

import io.github.atmosphererelay.refusal.RequestRefusedException;

/**
 * Thrown when a handshake is refused.
 */
public final class HandshakeRefusedException extends RequestRefusedException {

	private final Refusal refusal;

	/**
	 * Create an exception.
	 * @param refusal the kind of refusal
	 * @param reason the reason, for the client
	 */
	public HandshakeRefusedException(Refusal refusal, String reason) {
		super(refusal.code(), reason);
		this.refusal = refusal;
	}

	/**
	 * Return the refusal of a client that may not subscribe to a channel.
	 * @param refusal the refusal of the authorizer
	 * @return the refusal with its status
	 */
	public static RequestRefusedException ofSubscription(RequestRefusedException refusal) {
		return switch (refusal.code()) {
			case UNAUTHORIZED -> new HandshakeRefusedException(Refusal.ANONYMOUS, refusal.reason());
			case PERMISSION_DENIED -> new HandshakeRefusedException(Refusal.DENIED, refusal.reason());
			default -> refusal;
		};
	}

	Refusal refusal() {
		return this.refusal;
	}

}
