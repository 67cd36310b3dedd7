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

package io.github.atmosphererelay.broadcast.internal;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * Remembers in which recorded channels with buckets this node has published recently. For
 * any thread.
 */
final class RecentPublishing {

	/** The maximum number of channels. */
	static final int MAX_CHANNELS = 10_000;

	/** The times by channel, the oldest first. Guarded by this object. */
	private final Map<String, Long> times = new LinkedHashMap<>(0, 0.75f, true);

	/** The newest time of a channel that was forgotten because there were too many. */
	private @Nullable Long forgotten;

	synchronized void published(String channel) {
		long now = System.nanoTime();
		this.times.put(channel, now);
		Iterator<Long> oldest = this.times.values().iterator();
		long first = oldest.next();
		if (now - first > RecentChannels.WINDOW.toNanos()) {
			oldest.remove();
		}
		else if (this.times.size() > MAX_CHANNELS) {
			this.forgotten = first;
			oldest.remove();
		}
	}

	synchronized RecentChannels since(Duration age) {
		long now = System.nanoTime();
		List<String> names = new ArrayList<>();
		this.times.forEach((channel, time) -> {
			if (now - time <= age.toNanos()) {
				names.add(channel);
			}
		});
		// The newest first: they are the most likely to be missing
		Collections.reverse(names);
		Long forgotten = this.forgotten;
		return new RecentChannels(names, forgotten == null || now - forgotten > age.toNanos());
	}

}
