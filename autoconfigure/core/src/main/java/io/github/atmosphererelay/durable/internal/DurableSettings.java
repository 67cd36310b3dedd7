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

package io.github.atmosphererelay.durable.internal;

import java.time.Duration;

/**
 * Times and limits of durable sessions.
 *
 * @param ttl how long a session is kept after its connection has ended
 * @param saveInterval the time between two checks for changed sessions
 * @param timeout how long a client that connects waits for the store
 * @param cookieName the name of the cookie that contains the token
 * @param maxSessions the maximum number of sessions in the store, for all nodes together
 */
public record DurableSettings(Duration ttl, Duration saveInterval, Duration timeout, String cookieName,
		int maxSessions) {
}
