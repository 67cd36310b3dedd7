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
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

import com.zaxxer.hikari.HikariDataSource;
import io.github.atmosphererelay.guard.Guards;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.test.MachineTime;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import org.springframework.transaction.CannotCreateTransactionException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link Leases}.
 */
class LeasesTests {

	private static final Duration LEASE = Duration.ofSeconds(6);

	private static final AtomicInteger DATABASES = new AtomicInteger();

	private final List<HikariDataSource> pools = new ArrayList<>();

	private final JdbcDataSource connections = new JdbcDataSource();

	private final AtomicLong now = new AtomicLong(-5_000_000_000L);

	@BeforeEach
	void createTables() {
		this.connections.setURL("jdbc:h2:mem:leases-" + DATABASES.incrementAndGet() + ";DB_CLOSE_DELAY=-1");
		TestDatabase.withTables(this.connections);
	}

	@AfterEach
	void closePools() {
		this.pools.forEach(HikariDataSource::close);
	}

	@Test
	void theFirstNodeTakesWhatNobodyHas() {
		Node one = new Node();
		Node two = new Node();
		one.turn();
		two.turn();
		assertThat(one.gained).containsExactlyInAnyOrder("a", "b");
		assertThat(one.leases.isFresh("a")).isTrue();
		assertThat(one.leases.holds("a")).isTrue();
		assertThat(two.leases.holds("a")).isFalse();
		assertThat(two.leases.holder("a")).isEqualTo(one.id);
		assertThat(one.leases.holder("a")).isEqualTo(one.id);
	}

	@Test
	void aHolderThatStandsStillStopsBeforeAnotherNodeTakesItsLeases() {
		Node one = new Node();
		Node two = new Node();
		one.turn();
		one.turn();
		two.turn();
		after(Duration.ofMillis(3900));
		assertThat(one.leases.holds("a")).isTrue();
		after(Duration.ofMillis(200));
		assertThat(one.leases.holds("a")).isFalse();
		after(Duration.ofMillis(1800));
		two.turn();
		assertThat(two.leases.holds("a")).isFalse();
		after(Duration.ofMillis(100));
		two.turn();
		assertThat(two.leases.holds("a")).isTrue();
		assertThat(two.leases.isFresh("a")).isFalse();
		one.turn();
		assertThat(one.lost).containsExactlyInAnyOrder("a", "b");
		assertThat(one.leases.holds("a")).isFalse();
	}

	@Test
	void aHolderThatIsOnlyLateGoesOn() {
		Node one = new Node();
		Node two = new Node();
		one.turn();
		one.turn();
		two.turn();
		after(Duration.ofSeconds(5));
		assertThat(one.leases.holds("a")).isFalse();
		one.turn();
		assertThat(one.leases.holds("a")).isTrue();
		after(Duration.ofSeconds(2));
		two.turn();
		assertThat(two.leases.holds("a")).isFalse();
		after(Duration.ofMillis(5900));
		two.turn();
		assertThat(two.leases.holds("a")).isFalse();
		after(Duration.ofMillis(200));
		two.turn();
		assertThat(two.leases.holds("a")).isTrue();
	}

	@Test
	void aHolderThatRenewsKeepsItsLeasesForEver() {
		Node one = new Node();
		Node two = new Node();
		one.turn();
		for (int i = 0; i < 50; i++) {
			one.turn();
			two.turn();
			after(Duration.ofSeconds(1));
			assertThat(one.leases.holds("a")).isTrue();
			assertThat(two.leases.holds("a")).isFalse();
		}
		assertThat(one.gained).hasSize(2);
		assertThat(one.lost).isEmpty();
	}

	@Test
	void whatIsGivenBackIsTakenAtOnce() {
		Node one = new Node();
		Node two = new Node();
		one.turn();
		one.turn();
		two.turn();
		one.leases.release();
		assertThat(one.leases.holds("a")).isFalse();
		assertThat(one.lost).hasSize(2);
		two.turn();
		assertThat(two.leases.holds("a")).isTrue();
	}

	@Test
	void whoseTaskItIsNoLongerCannotMoveItOn() {
		Node one = new Node();
		Node two = new Node();
		one.turn();
		one.turn();
		assertThat(one.leases.advance(one.database.jdbc(), "a", 0, 7)).isTrue();
		assertThat(one.leases.advance(one.database.jdbc(), "a", 0, 8)).isFalse();
		two.turn();
		after(LEASE);
		two.turn();
		assertThat(one.leases.advance(one.database.jdbc(), "a", 7, 9)).isFalse();
		assertThat(two.leases.progress(two.database.jdbc(), "a")).isEqualTo(7);
		assertThat(two.leases.advance(two.database.jdbc(), "a", 7, 9)).isTrue();
	}

	@Test
	void aHolderWithoutItsDatabaseLosesItsLeasesByItsOwnClock() {
		Node one = new Node();
		one.turn();
		one.turn();
		one.pool.close();
		after(Duration.ofSeconds(2));
		assertThatExceptionOfType(CannotCreateTransactionException.class).isThrownBy(one::turn);
		assertThat(one.leases.holds("a")).isTrue();
		after(Duration.ofMillis(2100));
		one.leases.expire();
		assertThat(one.leases.holds("a")).isFalse();
		assertThat(one.lost).hasSize(2);
	}

	@Test
	void ofThreeNodesOneHoldsALeaseAtATimeAndAnotherFollowsWhenItsDatabaseIsGone() {
		Duration lease = Duration.ofMillis(600);
		List<Node> nodes = List.of(new Node(lease), new Node(lease), new Node(lease));
		nodes.forEach((node) -> node.leases.start(node.id));
		try {
			for (int round = 0; round < 2; round++) {
				MachineTime.await(Duration.ofSeconds(10)).until(() -> holders(nodes).size() == 1);
				Node holder = holders(nodes).get(0);
				holder.pool.close();
				MachineTime.await(Duration.ofSeconds(10)).until(() -> {
					List<Node> holders = holders(nodes);
					assertThat(holders.size()).isLessThan(2);
					return holders.size() == 1 && holders.get(0) != holder;
				});
			}
		}
		finally {
			nodes.forEach((node) -> node.leases.stop());
		}
	}

	private static List<Node> holders(List<Node> nodes) {
		return nodes.stream().filter((node) -> node.leases.holds("a")).toList();
	}

	private void after(Duration duration) {
		this.now.addAndGet(duration.toNanos());
	}

	/**
	 * A node with a pool of its own.
	 */
	private final class Node {

		private final UUID id = UUID.randomUUID();

		private final HikariDataSource pool = TestDatabase.pool(LeasesTests.this.connections, 2);

		private final Database database = new Database(this.pool, Duration.ofSeconds(2));

		private final List<String> gained = new CopyOnWriteArrayList<>();

		private final List<String> lost = new CopyOnWriteArrayList<>();

		private final Leases leases;

		private Node() {
			this.leases = new Leases(this.database, "log", List.of("a", "b"), LEASE, listener(),
					new Guards().of(Part.LEASES), LeasesTests.this.now::get);
			this.leases.begin(this.id);
			LeasesTests.this.pools.add(this.pool);
		}

		private Node(Duration lease) {
			this.leases = new Leases(this.database, "log", List.of("a", "b"), lease, listener(),
					new Guards().of(Part.LEASES));
			LeasesTests.this.pools.add(this.pool);
		}

		private void turn() {
			this.leases.turn();
		}

		private LeaseListener listener() {
			return new LeaseListener() {

				@Override
				public void gained(String lease) {
					Node.this.gained.add(lease);
				}

				@Override
				public void lost(String lease) {
					Node.this.lost.add(lease);
				}

			};
		}

	}

}
