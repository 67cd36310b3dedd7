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

package io.github.atmosphererelay.presence.internal;

import java.time.Duration;

/**
 * Intervals and limits of presence.
 *
 * @param flushInterval the time between two announcements of changes to other nodes
 * @param digestInterval the average time between two comparisons with other nodes
 * @param pushInterval the minimum time between two presence frames about one channel to a
 * client
 * @param leaveDelay how long the leave of a member is held back; a member who joins again
 * in this time has not left
 * @param moveTimeout how long a user whose session was asked to move to another node
 * counts as present until it connects again; 0 if no session is asked to move
 * @param maxNames the maximum number of members that a frame names
 * @param maxAttributeSize the maximum size of a session's attributes in bytes
 * @param maxMessageSize the maximum size of a message to other nodes in bytes
 */
public record PresenceSettings(Duration flushInterval, Duration digestInterval, Duration pushInterval,
		Duration leaveDelay, Duration moveTimeout, int maxNames, int maxAttributeSize, int maxMessageSize) {
}
