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
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;

import com.zaxxer.hikari.HikariDataSource;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Audience;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.LogOptions;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.PageLimit;
import io.github.atmosphererelay.relay.ReadDirection;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link ShardedLogCleaner}: its bounds. What it removes, on each database, is
 * tested with the relay.
 */
class ShardedLogCleanerTests {

	private static final String LOG = "shop";

	private HikariDataSource pool;

	private Database database;

	private ShardedLog log;

	private ShardedLogCleaner cleaner;

	private ShardedLogPages pages;

	@BeforeEach
	void createTables() {
		JdbcDataSource connections = new JdbcDataSource();
		connections.setURL("jdbc:h2:mem:" + UUID.randomUUID() + ";DB_CLOSE_DELAY=-1");
		this.pool = TestDatabase.pool(connections, 2);
		this.database = TestDatabase.withTables(this.pool);
		EnvelopeCodec codec = new EnvelopeCodec(1024);
		this.log = new ShardedLog(LOG, DatabaseDialect.H2, codec, 60_000);
		this.log.createShards(this.database.jdbc());
		this.cleaner = new ShardedLogCleaner(LOG, this.database);
		this.pages = new ShardedLogPages(LOG, codec, (reason) -> {
			throw new IllegalStateException(reason.name());
		});
	}

	@AfterEach
	void close() {
		this.pool.close();
	}

	private Position append(String channel, int size) {
		Envelope envelope = new Envelope(UUID.randomUUID(), UUID.randomUUID(), Envelope.Kind.MESSAGE, 0,
				new Audience.Channel(channel, null), Map.of(), Payload.text("x"), null,
				new LogOptions(size, Duration.ofHours(1), null, Duration.ofMinutes(1)));
		return this.database.inTransaction((jdbc) -> this.log.append(jdbc, List.of(envelope), true).get(0).position());
	}

	private boolean isComplete(String channel, Position since) {
		return this.pages.read(this.database.jdbc(), channel, since, PageLimit.of(10), ReadDirection.FORWARD)
			.complete();
	}

	/**
	 * Return names of channels of one shard.
	 */
	private static List<String> channelsOfAShard(int count) {
		List<String> names = new ArrayList<>();
		for (int i = 0; names.size() < count; i++) {
			if (ShardedLog.shardOf(new Address.Channel("room/" + i)) == 5) {
				names.add("room/" + i);
			}
		}
		return names;
	}

	private List<String> marks() {
		return this.database.jdbc()
			.queryForList("SELECT CHANNEL FROM ATMOSPHERE_TRIM WHERE LOG_NAME = ? ORDER BY TRIMMED_TO", String.class,
					LOG);
	}

	@Test
	void theOldestMarksBecomeOneOfTheirShard() {
		List<String> channels = channelsOfAShard(4);
		String quiet = channels.remove(3);
		Position beforeAll = append(quiet, 10);
		List<Position> cut = new ArrayList<>();
		List<Position> kept = new ArrayList<>();
		for (String channel : channels) {
			cut.add(append(channel, 1));
			kept.add(append(channel, 1));
		}
		assertThat(this.cleaner.cutLogs(() -> true)).isEqualTo(3);
		assertThat(marks()).isEqualTo(channels);
		assertThat(isComplete(quiet, beforeAll)).isTrue();
		this.cleaner.foldMarks(2);
		assertThat(marks()).containsExactly("", channels.get(1), channels.get(2));
		this.cleaner.foldMarks(2);
		assertThat(marks()).containsExactly("", channels.get(2));
		// Who is behind the mark of the shard may have missed something for all that is
		// known
		assertThat(isComplete(quiet, beforeAll)).isFalse();
		for (int i = 0; i < 3; i++) {
			Position before = new Position(cut.get(i).epoch(), cut.get(i).offset() - 1);
			assertThat(isComplete(channels.get(i), before)).as(channels.get(i)).isFalse();
			assertThat(isComplete(channels.get(i), kept.get(i))).as(channels.get(i)).isEqualTo(i > 0);
		}
		assertThat(isComplete(quiet, append(quiet, 10))).isTrue();
	}

	/**
	 * Numbers of different shards do not compare: the older mark is the one that more
	 * rows of its shard have come after.
	 */
	@Test
	void theOldestMarkIsTheOneThatIsFarthestBehindTheEndOfItsShard() {
		mark(1, 1000, "busy", 900);
		mark(2, 10, "quiet", 9);
		this.cleaner.foldMarks(1);
		assertThat(marks()).containsExactly("quiet", "");
	}

	private void mark(int shard, long head, String channel, long trimmedTo) {
		this.database.jdbc()
			.update("UPDATE ATMOSPHERE_SHARD SET HEAD = ? WHERE LOG_NAME = ? AND SHARD = ?", head, LOG, shard);
		this.database.jdbc()
			.update("INSERT INTO ATMOSPHERE_TRIM (LOG_NAME, SHARD, CHANNEL, TRIMMED_TO) VALUES (?, ?, ?, ?)", LOG,
					shard, channel, trimmedTo);
	}

	/**
	 * As many messages as a node writes in one millisecond expire in the same one.
	 */
	@Test
	void rowsThatExpireAtTheSameTimeAreRemovedInSmallTransactions() {
		long expired = System.currentTimeMillis() - 1000;
		List<Object[]> rows = new ArrayList<>();
		for (int i = 1; i <= 2500; i++) {
			// Some of a recorded channel, and some that stay
			rows.add(new Object[] { LOG, i % 2, i, (i % 10 == 0) ? "room" : null, expired,
					(i % 100 == 0) ? expired + 3_600_000 : expired, (i % 10 == 0) ? 100 : null });
		}
		this.database.jdbc()
			.batchUpdate("INSERT INTO ATMOSPHERE_MESSAGE (LOG_NAME, SHARD, NUMBER, CHANNEL, CREATED_AT, EXPIRES_AT,"
					+ " LOG_SIZE, SIZE_BYTES, ENVELOPE) VALUES (?, ?, ?, ?, ?, ?, ?, 0, X'')", rows);
		AtomicInteger batches = new AtomicInteger();
		assertThat(this.cleaner.removeExpired(() -> batches.getAndIncrement() < 1)).isEqualTo(ShardedLogCleaner.BATCH);
		assertThat(rows()).isEqualTo(2500 - ShardedLogCleaner.BATCH);
		assertThat(this.cleaner.removeExpired(() -> true)).isEqualTo(2475 - ShardedLogCleaner.BATCH);
		assertThat(this.database.jdbc()
			.queryForList("SELECT NUMBER FROM ATMOSPHERE_MESSAGE WHERE LOG_NAME = ? ORDER BY NUMBER", Integer.class,
					LOG))
			.hasSize(25)
			.allSatisfy((number) -> assertThat(number % 100).isZero());
		assertThat(this.database.jdbc()
			.queryForObject("SELECT TRIMMED_TO FROM ATMOSPHERE_TRIM WHERE LOG_NAME = ? AND CHANNEL = 'room'",
					Integer.class, LOG))
			.isEqualTo(2490);
	}

	private int rows() {
		Integer count = this.database.jdbc()
			.queryForObject("SELECT COUNT(*) FROM ATMOSPHERE_MESSAGE WHERE LOG_NAME = ?", Integer.class, LOG);
		return (count != null) ? count : 0;
	}

	@Test
	void nothingIsRemovedWithoutTheLease() {
		for (int i = 0; i < 5; i++) {
			append("room", 1);
		}
		assertThat(this.cleaner.cutLogs(() -> false)).isZero();
		assertThat(this.cleaner.cutLogs(() -> true)).isEqualTo(4);
		assertThat(this.cleaner.cutLogs(() -> true)).isZero();
	}

}
