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
 * The result of publishing a message on this node. A closed set, so that it can be a
 * meter's tag.
 */
public enum PublishResult {

	/**
	 * The broker has accepted it.
	 */
	RELAYED,

	/**
	 * It was not meant for other nodes: the relay is local, the channel is limited to its
	 * node, or the only receiver is on this node.
	 */
	NODE,

	/**
	 * It was meant for other nodes, and was certainly not sent, because the relay is
	 * down.
	 */
	LOCAL_ONLY,

	/**
	 * It was not appended, because its idempotency key was used before.
	 */
	DUPLICATE,

	/**
	 * It is sent when the transaction commits in which it was published. It is counted a
	 * second time, with another result, when it is sent.
	 */
	PENDING,

	/**
	 * It was sent, but the broker did not confirm it in time.
	 */
	UNCONFIRMED,

	/**
	 * It was refused because too much is waiting for the broker, or for threads of the
	 * application.
	 */
	OVERLOADED,

	/**
	 * It has failed for another reason.
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
