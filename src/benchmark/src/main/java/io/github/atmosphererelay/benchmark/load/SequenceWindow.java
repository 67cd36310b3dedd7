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

/**
 * Tells, of the numbers that one receiver gets from one sender, which come twice and
 * which come late. Remembers the latest 64.
 */
final class SequenceWindow {

	private int last;

	private long seen = 1;

	/**
	 * Note a number.
	 * @param number the number, from 1
	 * @return what can be said of it
	 */
	Verdict note(int number) {
		int ahead = number - this.last;
		if (ahead > 0) {
			this.seen = (ahead < Long.SIZE) ? (this.seen << ahead) | 1 : 1;
			this.last = number;
			return Verdict.IN_ORDER;
		}
		if (-ahead >= Long.SIZE) {
			return Verdict.LATE;
		}
		long bit = 1L << -ahead;
		if ((this.seen & bit) != 0) {
			return Verdict.DOUBLE;
		}
		this.seen |= bit;
		return Verdict.LATE;
	}

	/**
	 * What can be said of a number.
	 */
	enum Verdict {

		IN_ORDER,

		/** After a later one. */
		LATE,

		/** Once more. */
		DOUBLE

	}

}
