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

import java.time.Duration;

/**
 * The settings for all WebSocket clients.
 *
 * @param path the path of the raw door, beginning with a slash
 * @param maxMessageSize the maximum size of a message from a client, in bytes
 * @param messagesPerSecond the average number of messages that a client may send in a
 * second, 0 for no limit
 * @param burst the number of messages that a client may send at once
 * @param sendTimeout the time after which a blocked write ends its session
 * @param compression whether permessage-deflate is negotiated if a client offers it
 * @param limits the limits of users and addresses
 */
public record WebSocketSettings(String path, int maxMessageSize, int messagesPerSecond, int burst, Duration sendTimeout,
		boolean compression, LimitSettings limits) {
}
