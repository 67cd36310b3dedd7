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

package io.github.atmosphererelay.test;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;

import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;

/**
 * Time in which this machine ran. A virtual machine whose host is busy stands still for
 * seconds, and what it was promised to do within five of them is not late when it did not
 * run; such time counts only as far as the processors that were asked for were granted.
 * Elsewhere than on Linux, and on a machine of one's own, it is the time of the clock.
 */
public final class MachineTime {

	private static final Path STATISTICS = Path.of("/proc/stat");

	/** How many times longer than the limit the clock may say that a wait took. */
	private static final int PATIENCE = 10;

	private final long start = System.nanoTime();

	private final Usage usage = Usage.now();

	private MachineTime() {
	}

	/**
	 * Begin to measure.
	 * @return a stop watch
	 */
	public static MachineTime start() {
		return new MachineTime();
	}

	/**
	 * Return how long the machine has run since the start.
	 * @return at most the time that has passed
	 */
	public Duration elapsed() {
		long nanos = System.nanoTime() - this.start;
		return Duration.ofNanos((long) (nanos * (1 - stolenShare())));
	}

	/**
	 * Return how long it is since the start by the clock.
	 * @return the time that has passed
	 */
	Duration clock() {
		return Duration.ofNanos(System.nanoTime() - this.start);
	}

	/**
	 * Return how much of the processor time that the machine has asked for since the
	 * start was given to others.
	 * @return between 0 and 1
	 */
	double stolenShare() {
		Usage now = Usage.now();
		long stolen = now.stolen - this.usage.stolen;
		return (stolen > 0) ? stolen / (double) (now.used - this.usage.used + stolen) : 0;
	}

	/**
	 * Wait for what has to come within a time in which the machine runs.
	 * @param limit how long it may take
	 * @return a wait that fails when the limit is over
	 */
	public static ConditionFactory await(Duration limit) {
		MachineTime time = start();
		return Awaitility.await()
			.atMost(limit.multipliedBy(PATIENCE))
			.failFast("It took more than " + limit, () -> time.elapsed().compareTo(limit) > 0);
	}

	/**
	 * What processors have done so far, in the kernel's ticks.
	 */
	private record Usage(long used, long stolen) {

		/**
		 * Columns of the statistics: user, nice, system, idle, wait, irq, softirq, steal.
		 */
		private static final int STEAL = 7;

		static Usage now() {
			try {
				long[] ticks = Stream.of(Files.readAllLines(STATISTICS).get(0).split(" +"))
					.skip(1)
					.mapToLong(Long::parseLong)
					.toArray();
				return new Usage(ticks[0] + ticks[1] + ticks[2] + ticks[5] + ticks[6], ticks[STEAL]);
			}
			catch (IOException | RuntimeException ex) {
				return new Usage(0, 0);
			}
		}

	}

}
