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

package io.github.atmosphererelay.gateway.internal;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

import io.github.atmosphererelay.routing.PublishedRing;
import io.github.atmosphererelay.routing.Ring;
import io.github.atmosphererelay.routing.RingMember;
import io.github.atmosphererelay.routing.RingVersion;
import io.github.atmosphererelay.routing.internal.RingDocument;
import io.github.atmosphererelay.test.MachineTime;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link FollowedRing}.
 */
class FollowedRingTests {

	private static final Duration WITHIN = Duration.ofSeconds(20);

	private final BlockingQueue<String> answers = new LinkedBlockingQueue<>();

	private final AtomicInteger readings = new AtomicInteger();

	private final AtomicReference<Runnable> changed = new AtomicReference<>();

	private final ProxyStatistics statistics = new ProxyStatistics();

	/** Reads only when something has changed. */
	private final FollowedRing ring = new FollowedRing("a test", (changed) -> {
		this.changed.set(changed);
		return this::read;
	}, Duration.ofHours(1), this.statistics);

	private PublishedRing read() throws IOException {
		this.readings.incrementAndGet();
		String answer = this.answers.poll();
		if ("away".equals(answer)) {
			throw new IOException("away");
		}
		return (answer != null) ? RingDocument.read(answer) : null;
	}

	@AfterEach
	void stop() {
		this.ring.stop();
	}

	private static PublishedRing ring(long term, long counter, String address) {
		Ring ring = Ring.of(List.of(new RingMember("node-" + counter, 1, address)));
		return new PublishedRing(new RingVersion(term, counter, ring.digest()), ring);
	}

	private void answer(String text) {
		int before = this.readings.get();
		if (text != null) {
			this.answers.add(text);
		}
		this.changed.get().run();
		MachineTime.await(WITHIN).until(() -> this.readings.get() > before);
	}

	@Test
	void theRingIsReadAtTheStart() {
		this.answers.add(RingDocument.write(ring(1, 1, null)));
		this.ring.start();
		MachineTime.await(WITHIN).until(() -> ring(1, 1, null).equals(this.ring.ring()));
	}

	/**
	 * A connection that is refused looks like a change.
	 */
	@Test
	void changesThatComeWithFailuresDoNotMakeItReadWithoutAPause() {
		AtomicInteger attempts = new AtomicInteger();
		FollowedRing failing = new FollowedRing("a test", (onChange) -> () -> {
			attempts.incrementAndGet();
			onChange.run();
			throw new IOException("refused");
		}, Duration.ofHours(1), this.statistics);
		long start = System.nanoTime();
		failing.start();
		MachineTime.await(WITHIN).until(() -> attempts.get() >= 3);
		failing.stop();
		assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofSeconds(2));
	}

	@Test
	void aReadingThatIsInterruptedIsOverBeforeTheReaderIsClosed() throws Exception {
		BlockingQueue<String> events = new LinkedBlockingQueue<>();
		FollowedRing stopped = new FollowedRing("a test", (changed) -> new RingReader() {

			@Override
			public PublishedRing read() throws Exception {
				events.add("reads");
				try {
					new CountDownLatch(1).await();
				}
				finally {
					events.add("has read");
				}
				return null;
			}

			@Override
			public void close() {
				events.add("closed");
			}

		}, Duration.ofHours(1), this.statistics);
		Thread starter = new Thread(stopped::start);
		starter.start();
		MachineTime.await(WITHIN).until(() -> events.contains("reads"));
		starter.join();
		stopped.stop();
		MachineTime.await(WITHIN).until(() -> events.size() == 3);
		assertThat(events).containsExactly("reads", "has read", "closed");
	}

	@Test
	void theNewestRingStays() {
		this.ring.start();
		MachineTime.await(WITHIN).until(() -> this.readings.get() == 1);
		assertThat(this.ring.ring()).isNull();
		answer(RingDocument.write(ring(2, 2, null)));
		MachineTime.await(WITHIN).until(() -> ring(2, 2, null).equals(this.ring.ring()));
		answer(RingDocument.write(ring(2, 1, null)));
		answer(RingDocument.write(ring(1, 9, null)));
		answer(null);
		answer("no ring");
		answer("away");
		answer(RingDocument.write(ring(1, 9, null)));
		assertThat(this.ring.ring()).isEqualTo(ring(2, 2, null));
		assertThat(this.statistics.ringFailures()).isEqualTo(2);
		answer(RingDocument.write(ring(2, 2, "https://node-2.example.com")));
		MachineTime.await(WITHIN).until(() -> ring(2, 2, "https://node-2.example.com").equals(this.ring.ring()));
		answer(RingDocument.write(ring(3, 1, null)));
		MachineTime.await(WITHIN).until(() -> ring(3, 1, null).equals(this.ring.ring()));
	}

}
