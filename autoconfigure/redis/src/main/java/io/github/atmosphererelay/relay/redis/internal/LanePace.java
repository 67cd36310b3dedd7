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

package io.github.atmosphererelay.relay.redis.internal;

import java.time.Duration;

/**
 * How often the owner of a lane looks at the lane's index.
 *
 * @param round the time between two looks at the channels that were added meanwhile
 * @param slowPage the time between two looks at a page of all others
 * @param slowPass the time after which the looks at all others begin again
 */
record LanePace(Duration round, Duration slowPage, Duration slowPass) {

	static final LanePace DEFAULT = new LanePace(Duration.ofSeconds(15), Duration.ofSeconds(10), Duration.ofMinutes(1));

}
