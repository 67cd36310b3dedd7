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
 * Why a message was dropped instead of written to a session. A closed set, so that it can
 * be a meter's tag.
 */
public enum DropReason {

	/**
	 * It was the channel's oldest queued message, and a newer one needed room.
	 */
	OLDEST,

	/**
	 * It was replaced by a newer message of a channel that keeps only the latest one.
	 */
	REPLACED,

	/**
	 * It was not queued, because messages of other channels fill the session's queue.
	 */
	OVERFLOW,

	/**
	 * It was still queued when the session was closed as a slow consumer.
	 */
	SLOW_CONSUMER,

	/**
	 * It was still queued when the session ended for another reason.
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
