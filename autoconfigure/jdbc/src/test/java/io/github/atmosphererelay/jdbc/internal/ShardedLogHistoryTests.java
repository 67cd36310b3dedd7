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

import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;

import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.Tuple;
import net.jqwik.api.lifecycle.BeforeProperty;
import org.jspecify.annotations.Nullable;

/**
 * Histories of transactions that append to a {@link ShardedLog} at the same time, as
 * generated from a seed: {@link LogHistory} runs and checks them. A failure tells the
 * seed and the smallest schedule that fails.
 */
class ShardedLogHistoryTests {

	/** A message that is lost in one run of three is lost: nothing is tried again. */
	private static @Nullable Throwable failure;

	@BeforeProperty
	void failAtTheFirstFailure() {
		if (failure != null) {
			throw new AssertionError("A history has failed before", failure);
		}
	}

	@Property(seed = "14", shrinking = ShrinkingMode.BOUNDED)
	void onH2(@ForAll("schedules") List<LogTransaction> schedule) throws Exception {
		run(TestDatabases.H2, Connection.TRANSACTION_READ_COMMITTED, schedule);
	}

	@Property(seed = "14", shrinking = ShrinkingMode.BOUNDED)
	void onPostgres(@ForAll("schedules") List<LogTransaction> schedule) throws Exception {
		run(TestDatabases.POSTGRESQL, Connection.TRANSACTION_READ_COMMITTED, schedule);
	}

	@Property(seed = "14", shrinking = ShrinkingMode.BOUNDED)
	void onMariaDb(@ForAll("schedules") List<LogTransaction> schedule) throws Exception {
		run(TestDatabases.MARIADB, Connection.TRANSACTION_READ_COMMITTED, schedule);
	}

	/**
	 * Each transaction has taken its snapshot before another one appends.
	 */
	@Property(seed = "15", shrinking = ShrinkingMode.BOUNDED)
	void onMariaDbWithRepeatableReads(@ForAll("schedules") List<LogTransaction> schedule) throws Exception {
		run(TestDatabases.MARIADB, Connection.TRANSACTION_REPEATABLE_READ, schedule);
	}

	private static void run(TestDatabases database, int isolation, List<LogTransaction> schedule) throws Exception {
		try {
			new LogHistory(database, isolation).run(schedule);
		}
		catch (Throwable ex) {
			failure = ex;
			throw ex;
		}
	}

	@Provide
	Arbitrary<List<LogTransaction>> schedules() {
		Arbitrary<LogTransaction.Message> message = Combinators
			.combine(Arbitraries.integers().between(0, 4), Arbitraries.integers().between(0, 3).injectNull(0.4))
			.as(LogTransaction.Message::new);
		Arbitrary<LogTransaction> transaction = Combinators
			.combine(message.list().ofMinSize(1).ofMaxSize(5), Arbitraries.integers().between(0, 16),
					Arbitraries.integers().between(0, 4), Arbitraries.integers().between(0, 4), ends())
			.as(LogTransaction::new);
		return transaction.list().ofMinSize(2).ofMaxSize(8).map(ArrayList::new);
	}

	private static Arbitrary<LogTransaction.End> ends() {
		return Arbitraries.frequency(Tuple.of(5, LogTransaction.End.COMMIT), Tuple.of(1, LogTransaction.End.ROLLBACK),
				Tuple.of(1, LogTransaction.End.SAVEPOINT), Tuple.of(1, LogTransaction.End.AGAIN),
				Tuple.of(1, LogTransaction.End.KILLED), Tuple.of(1, LogTransaction.End.KILLED_AT_COMMIT));
	}

}
