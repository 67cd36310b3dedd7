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
 * What happens when more waits for a client than its limits allow.
 */
public enum SlowConsumerPolicy {

	/**
	 * Close the session with a code that lets the client reconnect. Nothing is missing
	 * without the client knowing.
	 */
	DISCONNECT,

	/**
	 * Drop the channel's oldest waiting message. The client stays connected and misses
	 * messages.
	 */
	DROP_OLDEST,

	/**
	 * Keep only the channel's newest message waiting, always. For states of which only
	 * the latest counts, such as prices and positions.
	 */
	LATEST

}
