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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * The recorded channels whose log may still get a message that the broker has not
 * confirmed in time. Each is announced again with growing pauses, for longer than a relay
 * tries to deliver a message. For any thread.
 */
final class DoubtfulChannels {

	/**
	 * How long after an unconfirmed message its channel is announced again.
	 */
	static final Duration TIME = Duration.ofSeconds(60);

	private static final long FIRST_PAUSE = Duration.ofSeconds(1).toNanos();

	private final int max;

	private final LongSupplier clock;

	/** By channel. Guarded by this object. */
	private final Map<String, Doubt> doubts = new LinkedHashMap<>();

	DoubtfulChannels(int max) {
		this(max, System::nanoTime);
	}

	/**
	 * Create an instance.
	 * @param max the maximum number of channels
	 * @param clock returns the time in nanoseconds
	 */
	DoubtfulChannels(int max, LongSupplier clock) {
		this.max = max;
		this.clock = clock;
	}

	/**
	 * Add the channel of a message that is not confirmed.
	 * @param announcement announces it, without a position
	 * @return {@code false} if there are too many channels
	 */
	synchronized boolean add(Announcement announcement) {
		Doubt present = this.doubts.get(announcement.channel());
		if (present == null && this.doubts.size() >= this.max) {
			return false;
		}
		long now = this.clock.getAsLong();
		// The present one may be due soon, and must not be put off by each further
		// message
		long due = (present != null) ? Math.min(present.due - now, FIRST_PAUSE) : FIRST_PAUSE;
		this.doubts.put(announcement.channel(), new Doubt(announcement, now, now + due));
		return true;
	}

	/**
	 * Return what is to be announced now.
	 */
	synchronized List<Announcement> due() {
		if (this.doubts.isEmpty()) {
			return List.of();
		}
		long now = this.clock.getAsLong();
		List<Announcement> due = new ArrayList<>();
		this.doubts.values().removeIf((doubt) -> {
			long age = now - doubt.since;
			if (now - doubt.due >= 0) {
				due.add(doubt.announcement);
				doubt.due = now + Math.max(FIRST_PAUSE, age / 2);
				return age >= TIME.toNanos();
			}
			return false;
		});
		return due;
	}

	/**
	 * Remove and return what would be announced again.
	 */
	synchronized List<Announcement> all() {
		List<Announcement> all = this.doubts.values().stream().map((doubt) -> doubt.announcement).toList();
		this.doubts.clear();
		return all;
	}

	private static final class Doubt {

		private final Announcement announcement;

		private final long since;

		private long due;

		Doubt(Announcement announcement, long since, long due) {
			this.announcement = announcement;
			this.since = since;
			this.due = due;
		}

	}

}
