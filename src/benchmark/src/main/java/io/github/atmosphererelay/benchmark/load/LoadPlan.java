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

package io.github.atmosphererelay.benchmark.load;

import java.time.Duration;

/**
 * What a load consists of. Subscriber {@code i} is in room {@code i mod rooms}, and
 * publisher {@code p} goes round the rooms {@code p}, {@code p + publishers} and so on.
 *
 * @param subscribers how many connections receive
 * @param rooms over how many channels they are spread
 * @param publishers how many connections publish
 * @param window in a closed loop, how many messages may be on their way to subscribers;
 * otherwise 0
 * @param rate in an open loop, how many messages are published a second
 * @param size the length of a message, in bytes
 * @param stalled how many further subscribers do not read
 * @param warmup how long to run before measuring
 * @param duration how long to measure
 */
public record LoadPlan(int subscribers, int rooms, int publishers, int window, double rate, int size, int stalled,
		Duration warmup, Duration duration) {

}
