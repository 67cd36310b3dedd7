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

package io.github.atmosphererelay.delivery.internal;

import java.util.Locale;

/**
 * What became of a message that was published on this node. A closed set, fit for a
 * meter's tag.
 */
public enum PublishResult {

	/**
	 * The broker has it.
	 */
	RELAYED,

	/**
	 * Not meant for other nodes: the relay is local, the channel is scoped to its node,
	 * or the only receiver lives here.
	 */
	NODE,

	/**
	 * Meant for other nodes and certainly not sent, because the relay is down.
	 */
	LOCAL_ONLY,

	/**
	 * Not sent again: its idempotency key was seen before.
	 */
	DUPLICATE,

	/**
	 * Sent, but not confirmed in time.
	 */
	UNCONFIRMED,

	/**
	 * Refused by the relay because too many are waiting for the broker.
	 */
	OVERLOADED,

	/**
	 * Failed otherwise.
	 */
	FAILED;

	/**
	 * Return the name as used in meters.
	 * @return the tag's value
	 */
	public String tag() {
		return name().toLowerCase(Locale.ROOT);
	}

}
