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
 * Limits of annotated endpoints.
 *
 * @param maxQueuedPerSession the maximum number of messages of one session that wait for
 * the one that is being handled
 * @param maxQueuedBytesPerSession the maximum size of these together, in bytes
 * @param maxQueued the maximum number of calls on this node that are queued or running
 * @param maxQueuedBytes the maximum size of the messages of these calls together, in
 * bytes
 * @param drainTimeout how long a node that stops waits for calls
 * @param channelQueue the limits of a client's queue in channels that exist only because
 * of an endpoint
 */
public record EndpointSettings(int maxQueuedPerSession, long maxQueuedBytesPerSession, int maxQueued,
		long maxQueuedBytes, Duration drainTimeout, QueueLimits channelQueue) {
}
