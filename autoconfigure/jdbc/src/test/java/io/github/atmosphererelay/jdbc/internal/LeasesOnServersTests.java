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

package io.github.atmosphererelay.jdbc.internal;

import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

import io.github.atmosphererelay.guard.Guards;
import io.github.atmosphererelay.guard.Part;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link Leases} on database servers.
 */
@ParameterizedClass
@EnumSource(TestDatabases.class)
class LeasesOnServersTests {

	private static final int ROUNDS = 400;

	private final TestDatabases kind;

	LeasesOnServersTests(TestDatabases kind) {
		this.kind = kind;
	}

	/**
	 * A deadlock fails one of the two at least once in so many rounds.
	 */
	@Test
	void advancingSeveralLeasesInAnyOrderAndRenewingThemDoNotDeadlock() throws Exception {
		List<String> names = IntStream.range(0, 16).mapToObj((i) -> "task-" + i).toList();
		Leases leases = new Leases(new Database(this.kind.pool(), Duration.ofSeconds(10)), TestDatabases.newName(),
				names, Duration.ofMinutes(5), new NoListener(), new Guards().of(Part.LEASES));
		leases.begin(UUID.randomUUID());
		leases.turn();
		ExecutorService executor = Executors.newFixedThreadPool(2);
		try {
			Future<?> renewals = executor.submit(() -> {
				for (int i = 0; i < ROUNDS; i++) {
					leases.turn();
				}
			});
			Future<?> advances = executor.submit(() -> {
				for (int i = 0; i < ROUNDS; i++) {
					int round = i;
					leases.inTransaction((jdbc) -> {
						for (int j = 0; j < names.size(); j++) {
							String name = names.get((round % 2 == 0) ? j : names.size() - 1 - j);
							assertThat(leases.advance(jdbc, name, round, round + 1)).isTrue();
						}
						return null;
					});
				}
			});
			renewals.get(120, TimeUnit.SECONDS);
			advances.get(120, TimeUnit.SECONDS);
		}
		finally {
			executor.shutdownNow();
		}
		assertThat(leases.progress(new Database(this.kind.pool(), Duration.ofSeconds(10)).jdbc())).hasSize(names.size())
			.allSatisfy((name, progress) -> assertThat(progress).isEqualTo(ROUNDS));
	}

	/**
	 * Of no interest here.
	 */
	private static final class NoListener implements LeaseListener {

		@Override
		public void gained(String lease) {
			// Asked for by the test
		}

		@Override
		public void lost(String lease) {
			// Asked for by the test
		}

	}

}
