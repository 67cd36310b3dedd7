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

package io.github.atmosphererelay.door.centrifuge.internal;

import io.github.atmosphererelay.message.Payload;
import org.jspecify.annotations.Nullable;

/**
 * What a client is told without having asked. What many clients get alike has formats of
 * its own.
 */
sealed interface Push {

	/**
	 * A message of a channel for this client alone.
	 */
	record Answer(String channel, Payload data) implements Push {

	}

	/**
	 * The client was subscribed by the node.
	 *
	 * @param begin where that begins in the channel's log, and what the client has
	 * missed, which follows as if it came now; {@code null} if it has no log
	 */
	record Subscribe(String channel, Reply.@Nullable Subscribe begin) implements Push {

	}

	/**
	 * The client is not subscribed any more.
	 */
	record Unsubscribe(String channel, UnsubscribeReason reason) implements Push {

	}

}
