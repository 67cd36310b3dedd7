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

package io.github.atmosphererelay.session.internal;

import java.util.Locale;

/**
 * Why a message did not reach a session that it was meant for. A closed set, fit for a
 * meter's tag.
 */
public enum DropReason {

	/**
	 * Dropped as the channel's oldest waiting message.
	 */
	OLDEST,

	/**
	 * Replaced by a newer message of a channel that keeps the latest only.
	 */
	REPLACED,

	/**
	 * Not queued, because other channels fill the session's queue.
	 */
	OVERFLOW,

	/**
	 * Still waiting when the session was closed as a slow consumer.
	 */
	SLOW_CONSUMER,

	/**
	 * Still waiting when the session ended otherwise.
	 */
	SESSION_ENDED;

	/**
	 * Return the name as used in meters.
	 * @return the tag's value
	 */
	public String tag() {
		return name().toLowerCase(Locale.ROOT);
	}

}
