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

package io.github.atmosphererelay.stomp.internal;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;

import io.github.atmosphererelay.guard.Guards;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.test.MachineTime;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link Lanes}.
 */
class LanesTests {

	private static final Duration SOON = Duration.ofSeconds(10);

	private final Lanes lanes = new Lanes(new Guards().of(Part.STOMP), 4, 10_000);

	private final CountDownLatch blocked = new CountDownLatch(1);

	private final List<Integer> delivered = new CopyOnWriteArrayList<>();

	@BeforeEach
	void start() {
		this.lanes.start();
	}

	@AfterEach
	void stop() {
		this.blocked.countDown();
		this.lanes.stop();
	}

	private void block() {
		try {
			this.blocked.await();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	@Test
	void aBlockedLaneHoldsUpNoOther() {
		for (int lane = 0; lane < 3; lane++) {
			this.lanes.add(lane, 0, this::block);
			this.lanes.add(lane, 0, () -> this.delivered.add(-1));
		}
		IntStream.range(0, 10).forEach((i) -> this.lanes.add(3, 0, () -> this.delivered.add(i)));
		MachineTime.await(SOON).until(() -> this.delivered.size() == 10);
		assertThat(this.delivered).containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
		this.blocked.countDown();
		MachineTime.await(SOON).until(() -> this.delivered.size() == 13);
	}

	@Test
	void whatIsBeyondTheBoundIsRefusedUntilThereIsRoom() {
		assertThat(this.lanes.add(0, 9_000, this::block)).isTrue();
		assertThat(this.lanes.add(0, 9_000, () -> this.delivered.add(0))).isFalse();
		assertThat(this.lanes.add(1, 9_000, () -> this.delivered.add(1))).isTrue();
		MachineTime.await(SOON).until(() -> this.delivered.contains(1));
		this.blocked.countDown();
		MachineTime.await(SOON).until(() -> this.lanes.waitingBytes() == 0);
		assertThat(this.lanes.add(0, 9_000, () -> this.delivered.add(2))).isTrue();
		MachineTime.await(SOON).until(() -> this.delivered.contains(2));
	}

	@Test
	void aDeliveryThatFailsEndsNoLane() {
		this.lanes.add(0, 0, () -> {
			throw new AssertionError("fails");
		});
		this.lanes.add(0, 0, () -> this.delivered.add(1));
		MachineTime.await(SOON).until(() -> this.delivered.contains(1));
	}

	@Test
	void lanesWorkAgainAfterAStop() {
		this.lanes.add(0, 100, this::block);
		this.lanes.add(0, 100, () -> this.delivered.add(1));
		this.lanes.stop();
		assertThat(this.lanes.add(0, 100, () -> this.delivered.add(2))).isFalse();
		this.lanes.start();
		this.lanes.add(0, 100, () -> this.delivered.add(3));
		MachineTime.await(SOON).until(() -> this.delivered.contains(3));
		assertThat(this.delivered).containsExactly(3);
	}

}
