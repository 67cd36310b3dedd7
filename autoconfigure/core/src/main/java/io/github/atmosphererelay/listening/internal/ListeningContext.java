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

package io.github.atmosphererelay.listening.internal;

import java.time.Duration;

import io.github.atmosphererelay.application.internal.ApplicationFutures;
import io.github.atmosphererelay.channel.internal.ChannelLogs;
import io.github.atmosphererelay.delivery.internal.ChannelTaps;
import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.guard.internal.Timers;
import io.github.atmosphererelay.subscription.internal.Interest;
import io.github.atmosphererelay.subscription.log.internal.LogFollowerRegistry;

/**
 * What streams need of their node.
 *
 * @param futures run the application's code
 * @param timers run retries
 * @param taps get what is delivered on this node
 * @param interest the addresses that this node follows
 * @param followers the followers of recorded channels' logs
 * @param logs the logs of channels
 * @param recent asks the nodes for channels whose announcement was missed
 * @param statistics receives the counts
 */
public record ListeningContext(ApplicationFutures futures, Timers timers, ChannelTaps taps, Interest interest,
		LogFollowerRegistry followers, ChannelLogs logs, RecentQuestion recent, ListeningStatistics statistics) {

	Guard guard() {
		return this.timers.guards().of(Part.LISTENERS);
	}

	void later(Runnable task, Duration delay) {
		this.timers.later(Part.LISTENERS, task, delay);
	}

}
