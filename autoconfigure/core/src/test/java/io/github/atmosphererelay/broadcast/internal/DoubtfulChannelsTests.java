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
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;

import io.github.atmosphererelay.message.Audience;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.Payload;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class DoubtfulChannelsTests {

	private final AtomicLong now = new AtomicLong();

	private final DoubtfulChannels doubtful = new DoubtfulChannels(2, this.now::get);

	private static Announcement announcement(String channel) {
		Envelope message = new Envelope(UUID.randomUUID(), UUID.randomUUID(), Envelope.Kind.MESSAGE, 1,
				new Audience.Channel(channel, null), Map.of(), Payload.text("x"), null, null);
		return new Announcement(message, UUID.randomUUID(), channel, 4, null);
	}

	/**
	 * Return after how many half seconds something was due.
	 */
	private List<Integer> due(int halfSeconds) {
		List<Integer> due = new ArrayList<>();
		for (int i = 1; i <= halfSeconds; i++) {
			this.now.addAndGet(Duration.ofMillis(500).toNanos());
			if (!this.doubtful.due().isEmpty()) {
				due.add(i);
			}
		}
		return due;
	}

	@Test
	void aChannelIsDueWithGrowingPausesForAMinute() {
		this.doubtful.add(announcement("a"));
		List<Integer> due = due(400);
		assertThat(due).startsWith(2, 4, 6).hasSizeBetween(8, 12);
		assertThat(due.get(due.size() - 1)).isBetween(120, 180);
		assertThat(this.doubtful.all()).isEmpty();
	}

	@Test
	void furtherMessagesPutNothingOffAndProlongTheTime() {
		this.doubtful.add(announcement("a"));
		for (int i = 0; i < 10; i++) {
			assertThat(due(1)).hasSize(i % 2);
			this.doubtful.add(announcement("a"));
		}
		assertThat(due(110)).isNotEmpty();
		assertThat(this.doubtful.all()).hasSize(1);
	}

	@Test
	void tooManyChannelsAreRefused() {
		assertThat(this.doubtful.add(announcement("a"))).isTrue();
		assertThat(this.doubtful.add(announcement("b"))).isTrue();
		assertThat(this.doubtful.add(announcement("c"))).isFalse();
		assertThat(this.doubtful.add(announcement("b"))).isTrue();
		assertThat(this.doubtful.all()).extracting(Announcement::channel).containsExactly("a", "b");
		assertThat(this.doubtful.all()).isEmpty();
	}

}
