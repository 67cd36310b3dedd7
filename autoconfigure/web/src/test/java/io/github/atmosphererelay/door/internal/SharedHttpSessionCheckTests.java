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

package io.github.atmosphererelay.door.internal;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;

import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.guard.Guards;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.guard.internal.Timers;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.internal.LocalSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.mock.web.MockHttpSession;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.BDDMockito.willAnswer;
import static org.mockito.Mockito.mock;

/**
 * Tests for {@link SharedHttpSessionCheck} with a clock of their own.
 */
class SharedHttpSessionCheckTests {

	private final Store store = new Store();

	private final Guards guards = new Guards();

	private final Guard guard = this.guards.of(Part.HTTP_SESSIONS);

	/** When clients were closed, by the id of the HTTP session. */
	private final Map<String, Long> closed = new HashMap<>();

	private long now;

	private final HttpSessionRegistry registry = new HttpSessionRegistry(new HandshakeGate(), true, Runnable::run,
			() -> this.store, () -> this.now);

	private SharedHttpSessionCheck check(Duration interval) {
		Timers timers = new Timers(mock(ScheduledExecutorService.class), this.guards);
		return new SharedHttpSessionCheck(this.registry, this.store, Runnable::run, timers, interval, () -> this.now);
	}

	private void open(String id) {
		LocalSession session = mock();
		willAnswer((call) -> {
			this.registry.ended(session);
			return this.closed.put(id, this.now);
		}).given(session).close(CloseReason.LOGGED_OUT);
		this.registry.opened(new ClientProof(null, null, 0, new MockHttpSession(null, id), true), session);
	}

	private void step(SharedHttpSessionCheck check) {
		this.now += check.tick().toNanos();
		check.step();
	}

	private void run(SharedHttpSessionCheck check, Duration time) {
		long end = this.now + time.toNanos();
		while (this.now < end) {
			step(check);
		}
	}

	@ParameterizedTest
	@ValueSource(ints = { 1, 5, 30, 300 })
	void everyEndIsFoundWithinTheIntervalAndTheSecondLook(int seconds) {
		Duration interval = Duration.ofSeconds(seconds);
		SharedHttpSessionCheck check = check(interval);
		Duration bound = interval.plus(SharedHttpSessionCheck.SECOND_LOOK).plus(check.tick().multipliedBy(2));
		Random random = new Random(seconds);
		Map<String, Long> ends = new HashMap<>();
		List<String> open = new ArrayList<>();
		long start = this.now;
		for (int i = 0; this.now - start < interval.toNanos() * 6; i++) {
			int connects = (ends.size() + open.size() < 500) ? random.nextInt(20) : 0;
			for (int j = 0; j < connects; j++) {
				String id = "id-" + i + "-" + j;
				open(id);
				open.add(id);
			}
			// Many end at once now and then
			for (int j = (random.nextInt(20) == 0) ? open.size() / 2 : 1; j > 0 && !open.isEmpty(); j--) {
				String id = open.remove(random.nextInt(open.size()));
				this.store.ended.add(id);
				ends.put(id, this.now);
			}
			step(check);
		}
		run(check, bound);
		assertThat(ends).isNotEmpty();
		assertThat(this.closed.keySet()).isEqualTo(ends.keySet());
		assertThat(ends).allSatisfy(
				(id, end) -> assertThat(Duration.ofNanos(this.closed.get(id) - end)).isLessThanOrEqualTo(bound));
		assertThat(this.registry.missedEnds()).isEqualTo(ends.size());
	}

	@Test
	void manyHttpSessionsAreAskedForOnceInAnIntervalAndEvenly() {
		for (int i = 0; i < 3_000; i++) {
			open("id-" + i);
		}
		SharedHttpSessionCheck check = check(Duration.ofSeconds(30));
		run(check, Duration.ofSeconds(60));
		this.store.queries.clear();
		run(check, Duration.ofSeconds(30));
		assertThat(this.store.queries).hasSize(30).allSatisfy((size) -> assertThat(size).isBetween(99, 101));
	}

	@Test
	void anHttpSessionThatIsMissingInOneLookOnlyIsNotClosed() {
		open("a");
		SharedHttpSessionCheck check = check(Duration.ofSeconds(30));
		this.store.ended.add("a");
		while (this.store.queries.isEmpty()) {
			step(check);
		}
		this.store.ended.clear();
		run(check, Duration.ofMinutes(2));
		assertThat(this.closed).isEmpty();
		assertThat(this.registry.missedEnds()).isZero();
	}

	@Test
	void aStoreThatFailsClosesNobodyIsReportedAndIsAskedAgain() {
		open("a");
		SharedHttpSessionCheck check = check(Duration.ofSeconds(1));
		this.store.ended.add("a");
		this.store.fails = true;
		run(check, Duration.ofSeconds(5));
		assertThat(this.closed).isEmpty();
		assertThat(this.guard.failures()).isGreaterThanOrEqualTo(3);
		assertThat(this.guard.isFailing()).isTrue();
		this.store.fails = false;
		run(check, Duration.ofSeconds(5));
		assertThat(this.closed).containsOnlyKeys("a");
		assertThat(this.guard.isFailing()).isFalse();
	}

	/**
	 * HTTP sessions of which some have ended.
	 */
	private static final class Store implements SharedHttpSessions {

		private final Set<String> ended = new HashSet<>();

		private final List<Integer> queries = new ArrayList<>();

		private boolean fails;

		@Override
		public boolean touch(String id, Duration interval) {
			return true;
		}

		@Override
		public Changes changes(Collection<String> ids) {
			if (this.fails) {
				throw new IllegalStateException("The store is away");
			}
			assertThat(ids).hasSizeLessThanOrEqualTo(SharedHttpSessionCheck.MAX_AT_ONCE);
			this.queries.add(ids.size());
			Set<String> ended = new HashSet<>(ids);
			ended.retainAll(this.ended);
			return new Changes(ended, Map.of());
		}

		@Override
		public Executor executor() {
			return Runnable::run;
		}

	}

}
