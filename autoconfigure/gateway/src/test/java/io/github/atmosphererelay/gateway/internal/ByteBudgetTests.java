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

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link ByteBudget}.
 */
class ByteBudgetTests {

	private static final int MAX_MESSAGE = 1_000_000;

	private static final int BUDGET = 4_000_000;

	private final ByteBudget budget = new ByteBudget(BUDGET, MAX_MESSAGE);

	private static final Runnable NEVER = () -> {
		throw new AssertionError("It may be read at once");
	};

	private final List<ByteBudget.Share> resumed = new ArrayList<>();

	private boolean mayRead(ByteBudget.Share share) {
		return share.mayRead(() -> this.resumed.add(share));
	}

	/** Read a part of a message, as far as the budget has room. */
	private int readPart(ByteBudget.Share share, int bytes) {
		int read = 0;
		while (read < bytes && mayRead(share)) {
			int next = Math.min(ByteBudget.READ, bytes - read);
			share.read(next);
			read += next;
		}
		return read;
	}

	@Test
	void smallMessagesTakeNothing() {
		ByteBudget.Share share = this.budget.share();
		for (int i = 0; i < 100; i++) {
			assertThat(share.mayRead(NEVER)).isTrue();
			share.read(10_006);
			share.framed(6, true);
			share.forwarded(10_000);
		}
		assertThat(this.budget.taken()).isZero();
		assertThat(this.budget.pauses()).isZero();
	}

	@Test
	void noMessageIsReadBehindALargeOneThatWaits() {
		ByteBudget.Share share = this.budget.share();
		assertThat(readPart(share, 500_000)).isEqualTo(500_000);
		share.framed(0, true);
		assertThat(mayRead(share)).isFalse();
		assertThat(this.budget.pauses()).isZero();
		share.forwarded(500_000);
		assertThat(this.resumed).containsExactly(share);
		assertThat(mayRead(share)).isTrue();
	}

	@Test
	void whoSharesTheBudgetWaitsInOrderWhileSmallMessagesGoOn() {
		ByteBudget.Share[] shares = new ByteBudget.Share[6];
		int read = 0;
		for (int i = 0; i < shares.length; i++) {
			shares[i] = this.budget.share();
			read += readPart(shares[i], MAX_MESSAGE);
		}
		assertThat(read).isLessThan(BUDGET + shares.length * ByteBudget.OWN);
		assertThat(this.budget.taken()).isBetween((long) BUDGET / 2, (long) BUDGET);
		assertThat(this.budget.pauses()).isPositive();
		ByteBudget.Share small = this.budget.share();
		assertThat(small.mayRead(NEVER)).isTrue();
		small.read(10_000);
		assertThat(small.mayRead(NEVER)).isTrue();
		this.resumed.clear();
		shares[0].framed(0, true);
		shares[0].forwarded(MAX_MESSAGE);
		assertThat(this.resumed).isNotEmpty();
		assertThat(this.budget.taken()).isLessThanOrEqualTo(BUDGET);
	}

	@Test
	void whatEndsGivesEverythingBack() {
		List<ByteBudget.Share> shares = new ArrayList<>();
		for (int i = 0; i < 10; i++) {
			ByteBudget.Share share = this.budget.share();
			shares.add(share);
			readPart(share, MAX_MESSAGE);
		}
		shares.forEach(ByteBudget.Share::end);
		assertThat(this.budget.taken()).isZero();
		shares.forEach((share) -> {
			share.read(100_000);
			share.forwarded(100_000);
		});
		assertThat(this.budget.taken()).isZero();
	}

	@Test
	void onlyWhoHoldsWhatOthersWaitForIsInTheWay() {
		ByteBudget.Share holder = this.budget.share();
		readPart(holder, MAX_MESSAGE);
		holder.framed(0, true);
		assertThat(holder.isInTheWay(Duration.ZERO)).isFalse();
		List<ByteBudget.Share> others = new ArrayList<>();
		while (this.budget.pauses() < 2) {
			ByteBudget.Share share = this.budget.share();
			others.add(share);
			readPart(share, MAX_MESSAGE);
		}
		assertThat(holder.isInTheWay(Duration.ZERO)).isTrue();
		assertThat(holder.isInTheWay(Duration.ofMinutes(1))).isFalse();
		ByteBudget.Share waits = others.stream().filter(ByteBudget.Share::isWaiting).findFirst().orElseThrow();
		assertThat(waits.isInTheWay(Duration.ZERO)).isFalse();
		assertThat(this.budget.share().isInTheWay(Duration.ZERO)).isFalse();
	}

	@Test
	void aMessageInPartsIsKnownToBeTooLargeBeforeItsLastPart() {
		ByteBudget.Share share = this.budget.share();
		readPart(share, MAX_MESSAGE);
		assertThat(share.isTooLarge()).isFalse();
		share.read(ByteBudget.READ + 1);
		assertThat(share.isTooLarge()).isTrue();
	}

	/**
	 * Many connections with messages of all sizes, in frames of all sizes, whose
	 * receivers take them at chance. All of them have to get everything, and the bytes
	 * that are held have to stay within the budget at each step.
	 */
	@Test
	void everybodyGetsThroughAndTheBudgetIsKept() {
		for (int seed = 1; seed <= 40; seed++) {
			Random random = new Random(seed);
			ByteBudget budget = new ByteBudget(BUDGET, MAX_MESSAGE);
			List<Line> lines = new ArrayList<>();
			for (int i = 0; i < 30; i++) {
				lines.add(new Line(budget.share(), random));
			}
			int steps = 0;
			while (lines.stream().anyMatch((line) -> !line.isDone())) {
				Line line = lines.get(random.nextInt(lines.size()));
				line.step();
				assertThat(budget.taken()).as("taken with seed %s", seed).isBetween(0L, (long) BUDGET);
				assertThat(++steps).as("steps with seed %s", seed).isLessThan(1_000_000);
			}
			assertThat(budget.pauses()).isPositive();
			assertThat(budget.taken()).isZero();
		}
	}

	/**
	 * A sender, a receiver, and what is between them.
	 */
	private static final class Line {

		private final ByteBudget.Share share;

		private final Random random;

		private final List<Integer> complete = new ArrayList<>();

		private int toSend = 6;

		private int left;

		private int size;

		private boolean reads = true;

		Line(ByteBudget.Share share, Random random) {
			this.share = share;
			this.random = random;
		}

		boolean isDone() {
			return this.toSend == 0 && this.left == 0 && this.complete.isEmpty();
		}

		void step() {
			if (!this.complete.isEmpty() && this.random.nextInt(3) == 0) {
				this.share.forwarded(this.complete.remove(0));
			}
			if (!this.reads || this.random.nextInt(4) == 0) {
				return;
			}
			if (this.left == 0 && this.toSend == 0) {
				return;
			}
			// It may be resumed before the call returns
			this.reads = false;
			if (!this.share.mayRead(() -> this.reads = true)) {
				return;
			}
			this.reads = true;
			int room = 1 + this.random.nextInt(ByteBudget.READ);
			int read = 0;
			List<Integer> ended = new ArrayList<>();
			while (room > 0 && (this.left > 0 || this.toSend > 0)) {
				if (this.left == 0) {
					this.toSend--;
					this.size = 1 + this.random.nextInt((this.random.nextInt(3) == 0) ? MAX_MESSAGE : 5_000);
					this.left = this.size;
				}
				int part = Math.min(room, this.left);
				room -= part;
				this.left -= part;
				read += part;
				if (this.left == 0) {
					ended.add(this.size);
				}
			}
			this.share.read(read);
			ended.forEach((size) -> this.share.framed(0, true));
			this.complete.addAll(ended);
			assertThat(this.share.isTooLarge()).isFalse();
		}

	}

}
