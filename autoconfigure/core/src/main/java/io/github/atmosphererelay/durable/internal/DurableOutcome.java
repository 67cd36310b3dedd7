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
 * What became of a client's wish for a durable session.
 */
public enum DurableOutcome {

	/**
	 * It had no token, and has a new session.
	 */
	CREATED,

	/**
	 * It has its session back.
	 */
	RESTORED,

	/**
	 * Its session is not known, or not any more, and it has a new one.
	 */
	EXPIRED,

	/**
	 * The session is somebody else's.
	 */
	REFUSED,

	/**
	 * The store keeps as many as it may, and the client is served without.
	 */
	FULL,

	/**
	 * The store cannot be reached, and the client is served without.
	 */
	UNAVAILABLE;

	/**
	 * Return the outcome as a tag of meters.
	 * @return the name in lower case
	 */
	public String tag() {
		return name().toLowerCase(Locale.ROOT);
	}

}
