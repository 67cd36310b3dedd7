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

/**
 * Limits of tasks that are queued or running, for one session and for all sessions. A
 * message that is larger than a limit in bytes is accepted if nothing else counts against
 * the limit.
 *
 * @param perLane the maximum number of queued tasks of one session
 * @param bytesPerLane the maximum size of these together, in bytes
 * @param total the maximum number of queued or running tasks of all sessions
 * @param totalBytes the maximum size of these together, in bytes
 */
record LaneLimits(int perLane, long bytesPerLane, int total, long totalBytes) {
}
