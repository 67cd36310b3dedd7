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

/**
 * What happens when the queue of a client has reached its limits.
 */
public enum SlowConsumerPolicy {

	/**
	 * Close the session with a code on which the client reconnects. The client never
	 * misses a message without noticing.
	 */
	DISCONNECT,

	/**
	 * Drop the channel's oldest queued message. The client stays connected and misses
	 * messages.
	 */
	DROP_OLDEST,

	/**
	 * Always keep only the channel's newest message in the queue. For states of which
	 * only the latest counts, such as prices and geographic positions.
	 */
	LATEST

}
