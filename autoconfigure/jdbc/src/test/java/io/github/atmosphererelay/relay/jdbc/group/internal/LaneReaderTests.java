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

package io.github.atmosphererelay.relay.jdbc.group.internal;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;

import io.github.atmosphererelay.jdbc.internal.TestDatabase;
import io.github.atmosphererelay.message.Audience;
import io.github.atmosphererelay.message.ChannelItem;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.PageLimit;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.Test;

import org.springframework.jdbc.core.JdbcTemplate;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link LaneReader} over the tables of a database in memory.
 */
class LaneReaderTests {

	private static final String LOG = "log";

	private final EnvelopeCodec codec = new EnvelopeCodec(1024);

	private final JdbcTemplate jdbc;

	LaneReaderTests() {
		JdbcDataSource dataSource = new JdbcDataSource();
		dataSource.setURL("jdbc:h2:mem:" + UUID.randomUUID() + ";DB_CLOSE_DELAY=-1");
		TestDatabase.withTables(dataSource);
		this.jdbc = new JdbcTemplate(dataSource);
	}

	private void insert(String channel, long... numbers) {
		for (long number : numbers) {
			byte[] envelope = this.codec
				.encode(new Envelope(UUID.randomUUID(), UUID.randomUUID(), Envelope.Kind.MESSAGE, number,
						new Audience.Channel(channel, null), Map.of(), Payload.text("x"), null, null));
			this.jdbc.update(
					"INSERT INTO ATMOSPHERE_MESSAGE (LOG_NAME, SHARD, NUMBER, CHANNEL, CREATED_AT, EXPIRES_AT,"
							+ " SIZE_BYTES, ENVELOPE) VALUES (?, 0, ?, ?, 0, 0, ?, ?)",
					LOG, number, channel, envelope.length, envelope);
		}
	}

	private static LaneProgress progress(long floor, Map<String, Long> channels) {
		return new LaneProgress("epoch", new GroupTables.StoredProgress("epoch", floor, new HashMap<>(channels)),
				(channel) -> true);
	}

	private List<Long> read(LaneProgress progress, long end) {
		return read(new LaneReader(new LaneRows(LOG), this.codec, (channel) -> true, (reason) -> {
		}), progress, end);
	}

	private List<Long> read(LaneReader reader, LaneProgress progress, long end) {
		return reader.read(this.jdbc, 0, progress, new Object(), end, PageLimit.of(100))
			.stream()
			.map(ChannelItem::position)
			.map((position) -> Objects.requireNonNull(position).offset())
			.toList();
	}

	/**
	 * The former owner has stored 100 as its number, while a channel waited for a retry.
	 * The reader of this node has come to 90.
	 */
	@Test
	void aChannelThatWaitsIsReadUpToWhereTheFormerOwnerHasScanned() {
		insert("waits", 85, 95, 98, 101);
		insert("other", 86, 96, 102);
		LaneProgress progress = progress(100, Map.of("waits", 80L));
		assertThat(read(progress, 90)).containsExactly(85L, 95L, 98L);
		assertThat(read(progress, 90)).isEmpty();
		assertThat(read(progress, 102)).containsExactly(101L, 102L);
	}

	@Test
	void aLongWayOverRowsOfOtherChannelsIsGoneInPieces() {
		long count = 3 * LaneRows.CHUNK;
		for (long number = 1; number < count; number++) {
			insert("other", number);
		}
		insert("mine", count);
		LaneReader reader = new LaneReader(new LaneRows(LOG), this.codec, "mine"::equals, (reason) -> {
		}, 0);
		LaneProgress progress = progress(0, Map.of());
		assertThat(read(reader, progress, count)).isEmpty();
		assertThat(progress.scanned()).isEqualTo(LaneRows.CHUNK);
		assertThat(progress.hasMore(count)).isTrue();
		assertThat(read(reader, progress, count)).isEmpty();
		assertThat(read(reader, progress, count)).containsExactly(count);
		assertThat(progress.hasMore(count)).isFalse();
	}

}
