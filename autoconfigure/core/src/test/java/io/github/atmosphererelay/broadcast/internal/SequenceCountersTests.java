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

import java.util.HashMap;
import java.util.Map;

import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Sequence;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link SequenceCounters}.
 */
class SequenceCountersTests {

	@Test
	void eachAddressIsCountedFromOneWithoutGaps() {
		SequenceCounters counters = new SequenceCounters(10);
		Sequence a = counters.next(new Address.Channel("a"));
		Sequence b = counters.next(new Address.Channel("b"));
		assertThat(a.number()).isOne();
		assertThat(b.number()).isOne();
		assertThat(b.series()).isGreaterThan(a.series());
		for (int i = 2; i < 100; i++) {
			assertThat(counters.next(new Address.Channel("a"))).isEqualTo(new Sequence(a.series(), i));
		}
	}

	@Test
	void tooManyAddressesBeginNewSeriesThatReceiversAccept() {
		int limit = 100;
		SequenceCounters counters = new SequenceCounters(limit);
		Map<Address, Sequence> last = new HashMap<>();
		int begunAnew = 0;
		for (int i = 0; i < 5_000; i++) {
			Address address = new Address.User("user" + i % 300);
			Sequence next = counters.next(address);
			Sequence before = last.put(address, next);
			assertThat(counters.size()).isLessThanOrEqualTo(limit);
			if (before != null && before.series() == next.series()) {
				assertThat(next.number()).isEqualTo(before.number() + 1);
			}
			else if (before != null) {
				assertThat(next.series()).isGreaterThan(before.series());
				assertThat(next.number()).isOne();
				begunAnew++;
			}
		}
		assertThat(begunAnew).isPositive();
	}

}
