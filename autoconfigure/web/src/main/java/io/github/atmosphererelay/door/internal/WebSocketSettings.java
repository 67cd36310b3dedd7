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
 * What holds for every WebSocket client.
 *
 * @param path the path under which the raw door lies, beginning with a slash
 * @param maxMessageSize the greatest message that a client may send, in bytes
 * @param messagesPerSecond how many messages a client may send in a second on average, 0
 * for any number
 * @param burst how many messages a client may send at once
 * @param sendTimeout after how long a write that is stuck ends its session
 * @param compression whether permessage-deflate is negotiated when a client asks for it
 * @param limits how much clients may have and do together
 */
public record WebSocketSettings(String path, int maxMessageSize, int messagesPerSecond, int burst, Duration sendTimeout,
		boolean compression, LimitSettings limits) {
}
