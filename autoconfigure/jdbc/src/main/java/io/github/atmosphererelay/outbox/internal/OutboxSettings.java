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

package io.github.atmosphererelay.outbox.internal;

import java.time.Duration;

/**
 * The settings of the outbox.
 *
 * @param leaseTime how long messages rest when the node has died that forwards them
 * @param maxAttempts how often a message is tried that fails for a reason of its own
 * @param maxHold how long such a message holds up the messages behind it to the same
 * channel
 * @param maxPoll how often the tables are looked at when nobody tells of a commit for
 * long
 */
public record OutboxSettings(Duration leaseTime, int maxAttempts, Duration maxHold, Duration maxPoll) {
}
