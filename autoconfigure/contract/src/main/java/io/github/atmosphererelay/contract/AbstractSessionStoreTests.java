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

package io.github.atmosphererelay.contract;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

import io.github.atmosphererelay.durable.SessionStore;
import io.github.atmosphererelay.durable.StoredSession;
import io.github.atmosphererelay.message.Position;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests of what every store of durable sessions has to guarantee. The tests of a store
 * extend this class.
 */
public abstract class AbstractSessionStoreTests {

	private static final AtomicInteger KEYS = new AtomicInteger();

	protected abstract SessionStore store();

	private String key() {
		return getClass().getSimpleName() + KEYS.incrementAndGet();
	}

	protected static StoredSession session(String key, String owner, long generation, Instant expiresAt) {
		return new StoredSession(key, "alice", owner, generation, true, Set.of("log/a", "chat/b"),
				Map.of("log/a", new Position("epoch:with.colon", 42)),
				Map.of("text", "grüße", "flag", true, "int", 7, "long", 1L << 40, "double", 0.5), now(), expiresAt);
	}

	private static StoredSession session(String key, String owner, long generation) {
		return session(key, owner, generation, now().plusSeconds(600));
	}

	protected static Instant now() {
		return Instant.now().truncatedTo(ChronoUnit.MILLIS);
	}

	@Test
	void whatIsSavedIsFoundAsItWas() {
		StoredSession session = session(key(), "one", 1);
		assertThat(store().find(session.key())).isNull();
		assertThat(store().save(List.of(session))).isEmpty();
		assertThat(store().find(session.key())).isEqualTo(session);
	}

	@Test
	void theStoreKnowsHowManyItKeepsUntilTheyExpire() {
		long before = store().count(now());
		StoredSession first = session(key(), "one", 1, now().plusSeconds(300));
		store().save(List.of(first, session(key(), "one", 1)));
		store().save(List.of(session(key(), "one", 1)));
		store().save(List.of(first));
		assertThat(store().count(now())).isEqualTo(before + 3);
		assertThat(store().count(now().plusSeconds(400))).isLessThanOrEqualTo(before + 2);
	}

	@Test
	void anAnonymousSessionWithNothingIsFoundAsItWas() {
		StoredSession session = new StoredSession(key(), null, "one", 1, false, Set.of(), Map.of(), Map.of(), now(),
				now().plusSeconds(60));
		store().save(List.of(session));
		assertThat(store().find(session.key())).isEqualTo(session);
	}

	@Test
	void theSameConnectionSavesAsOftenAsItLikes() {
		String key = key();
		for (int i = 0; i < 3; i++) {
			StoredSession session = session(key, "one", 1, now().plusSeconds(60 + i));
			assertThat(store().save(List.of(session))).isEmpty();
			assertThat(store().find(key)).isEqualTo(session);
		}
	}

	@Test
	void aLaterConnectionTakesOverAndAFormerOneChangesNothingAnyMore() {
		String key = key();
		store().save(List.of(session(key, "one", 1)));
		StoredSession second = session(key, "two", 2);
		assertThat(store().save(List.of(second))).isEmpty();
		assertThat(store().save(List.of(session(key, "one", 1)))).containsExactly(key);
		assertThat(store().find(key)).isEqualTo(second);
	}

	@Test
	void ofConnectionsThatTakeOverAtTheSameTimeOneDoes() throws Exception {
		String key = key();
		store().save(List.of(session(key, "zero", 1)));
		ExecutorService threads = Executors.newFixedThreadPool(8);
		try {
			List<Callable<Set<String>>> claims = IntStream.range(0, 8)
				.<Callable<Set<String>>>mapToObj((i) -> () -> store().save(List.of(session(key, "claim" + i, 2))))
				.toList();
			List<Set<String>> refused = new ArrayList<>();
			for (Future<Set<String>> claim : threads.invokeAll(claims)) {
				refused.add(claim.get());
			}
			assertThat(refused).filteredOn(Set::isEmpty).hasSize(1);
		}
		finally {
			threads.shutdownNow();
		}
	}

	@Test
	void ofABatchEachIsJudgedByItself() {
		Map<String, StoredSession> sessions = new HashMap<>();
		List<String> taken = new ArrayList<>();
		for (int i = 0; i < 300; i++) {
			StoredSession session = session(key(), "one", 1);
			sessions.put(session.key(), session);
			if (i % 10 == 0) {
				taken.add(session.key());
				store().save(List.of(session(session.key(), "two", 2)));
			}
		}
		assertThat(store().save(sessions.values())).containsExactlyInAnyOrderElementsOf(taken);
		sessions.forEach((key, session) -> {
			StoredSession found = store().find(key);
			assertThat(found).isNotNull();
			assertThat(found.owner()).isEqualTo(taken.contains(key) ? "two" : "one");
		});
	}

	@Test
	void anExpiredSessionIsGoneAndItsPlaceIsFree() {
		String key = key();
		store().save(List.of(session(key, "one", 5, now().plusMillis(300))));
		assertThat(store().find(key)).isNotNull();
		await().atMost(Duration.ofSeconds(5)).until(() -> store().find(key) == null);
		StoredSession next = session(key, "two", 1);
		assertThat(store().save(List.of(next))).isEmpty();
		@Nullable StoredSession found = store().find(key);
		assertThat(found).isEqualTo(next);
	}

}
