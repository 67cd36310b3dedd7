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
 * The limits of clients. Each limit is for this node; 0 means no limit.
 *
 * @param sessionsPerUser the maximum number of sessions of a user
 * @param sessionsPerAddress the maximum number of sessions from one address
 * @param userMessagesPerSecond the average number of messages that all sessions of a user
 * may send in a second
 * @param userBurst the number of messages that they may send at once
 * @param emptyChannelsPerMinute the number of recorded channels without messages that a
 * session may ask for in a minute, or at once
 */
public record LimitSettings(int sessionsPerUser, int sessionsPerAddress, int userMessagesPerSecond, int userBurst,
		int emptyChannelsPerMinute) {

	/**
	 * Create settings without a limit for empty channels.
	 * @param sessionsPerUser the maximum number of sessions of a user
	 * @param sessionsPerAddress the maximum number of sessions from one address
	 * @param userMessagesPerSecond the average number of messages that all sessions of a
	 * user may send in a second
	 * @param userBurst the number of messages that they may send at once
	 */
	public LimitSettings(int sessionsPerUser, int sessionsPerAddress, int userMessagesPerSecond, int userBurst) {
		this(sessionsPerUser, sessionsPerAddress, userMessagesPerSecond, userBurst, 0);
	}

}
