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

package io.github.atmosphererelay.session;

import java.util.Objects;

import org.jspecify.annotations.Nullable;

/**
 * Why a session ended.
 *
 * @param initiator which side ended it
 * @param code the WebSocket close code
 * @param text the reason as sent, or {@code null} if there was none
 */
public record DisconnectReason(Initiator initiator, int code, @Nullable String text) {

	public DisconnectReason {
		Objects.requireNonNull(initiator, "'initiator' must not be null");
	}

	/**
	 * The side that ended the session.
	 */
	public enum Initiator {

		/**
		 * This node closed the session.
		 */
		SERVER,

		/**
		 * The client closed the session, or its connection broke.
		 */
		CLIENT

	}

}
