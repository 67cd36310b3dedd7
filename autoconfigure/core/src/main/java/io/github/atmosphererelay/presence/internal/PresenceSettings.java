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
 * How presence is told.
 *
 * @param flushInterval the time between two messages to other nodes about changes
 * @param digestInterval the time between two comparisons with other nodes
 * @param pushInterval the time between two frames to clients about one channel
 * @param leaveDelay how long somebody who has left may come back unnoticed
 * @param maxNames how many members are named in a frame
 * @param maxAttributeSize the greatest size of a session's attributes, in bytes
 * @param maxMessageSize the greatest message to other nodes, in bytes
 */
public record PresenceSettings(Duration flushInterval, Duration digestInterval, Duration pushInterval,
		Duration leaveDelay, int maxNames, int maxAttributeSize, int maxMessageSize) {
}
