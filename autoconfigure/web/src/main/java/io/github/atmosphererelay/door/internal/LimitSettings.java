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

package io.github.atmosphererelay.door.internal;

/**
 * How much clients may have and do together. Each limit holds for this node; 0 stands for
 * any number.
 *
 * @param sessionsPerUser how many sessions a user may have
 * @param sessionsPerAddress how many sessions may come from one address
 * @param userMessagesPerSecond how many messages all sessions of a user together may send
 * in a second on average
 * @param userBurst how many messages they may send at once
 * @param emptyChannelsPerMinute how many recorded channels without a message a session
 * may ask for in a minute, and at once
 */
public record LimitSettings(int sessionsPerUser, int sessionsPerAddress, int userMessagesPerSecond, int userBurst,
		int emptyChannelsPerMinute) {

	/**
	 * Create settings that do not limit how many channels are asked for.
	 * @param sessionsPerUser how many sessions a user may have
	 * @param sessionsPerAddress how many sessions may come from one address
	 * @param userMessagesPerSecond how many messages all sessions of a user together may
	 * send in a second on average
	 * @param userBurst how many messages they may send at once
	 */
	public LimitSettings(int sessionsPerUser, int sessionsPerAddress, int userMessagesPerSecond, int userBurst) {
		this(sessionsPerUser, sessionsPerAddress, userMessagesPerSecond, userBurst, 0);
	}

}
