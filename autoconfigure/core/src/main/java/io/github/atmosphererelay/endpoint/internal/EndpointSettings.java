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

package io.github.atmosphererelay.endpoint.internal;

import java.time.Duration;

import io.github.atmosphererelay.session.internal.QueueLimits;

/**
 * What holds for annotated endpoints.
 *
 * @param maxQueuedPerSession how many messages of one session may wait for the one that
 * is being handled
 * @param maxQueuedBytesPerSession how large these may be together, in bytes
 * @param maxQueued how many calls of handlers may be waiting or running
 * @param maxQueuedBytes how large the messages of these may be together, in bytes
 * @param drainTimeout how long a node that stops waits for handlers
 * @param channelQueue how much may wait for a client of a channel that only an endpoint
 * has named
 */
public record EndpointSettings(int maxQueuedPerSession, long maxQueuedBytesPerSession, int maxQueued,
		long maxQueuedBytes, Duration drainTimeout, QueueLimits channelQueue) {
}
