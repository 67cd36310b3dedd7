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

package io.github.atmosphererelay.durable.internal;

import java.util.Locale;

/**
 * The outcome of a client's request for a durable session.
 */
public enum DurableOutcome {

	/**
	 * The client sent no token, and has a new session.
	 */
	CREATED,

	/**
	 * The client has its former session back.
	 */
	RESTORED,

	/**
	 * The session of the token is unknown or has expired. The client has a new session.
	 */
	EXPIRED,

	/**
	 * The session belongs to another user, so the client is refused.
	 */
	REFUSED,

	/**
	 * The store holds {@code atmosphere.durable-sessions.max-sessions} sessions. The
	 * client is served without a durable session.
	 */
	FULL,

	/**
	 * The store failed or did not answer in time. The client is served without a durable
	 * session.
	 */
	UNAVAILABLE;

	/**
	 * Return the outcome as the value of a meter's tag.
	 * @return the name in lower case
	 */
	public String tag() {
		return name().toLowerCase(Locale.ROOT);
	}

}
