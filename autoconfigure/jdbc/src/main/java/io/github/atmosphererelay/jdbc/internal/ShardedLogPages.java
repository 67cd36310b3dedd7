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

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.message.WireFormatException;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.LogPage;
import io.github.atmosphererelay.relay.PageLimit;
import io.github.atmosphererelay.relay.ReadDirection;
import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.core.JdbcOperations;

/**
 * Reads the publications of one recorded channel from a {@link ShardedLog}, page by page.
 * Stateless, safe for use by many threads. Blocks as long as the database takes.
 */
public final class ShardedLogPages {

	/** With the size above, a query returns at most 2 MB. */
	private static final int CHUNK = 256;

	private static final String FIND_HEAD = "SELECT EPOCH, HEAD FROM ATMOSPHERE_SHARD WHERE LOG_NAME = ? AND SHARD = ?";

	private static final String COLUMNS = "SELECT NUMBER, SIZE_BYTES, " + ShardedLog.INLINE_ENVELOPE
			+ " FROM ATMOSPHERE_MESSAGE WHERE LOG_NAME = ? AND CHANNEL = ?"
			+ " AND NUMBER > ? AND NUMBER <= ? AND EXPIRES_AT > ?";

	private static final String FORWARD = COLUMNS + " ORDER BY LOG_NAME, CHANNEL, NUMBER LIMIT ?";

	private static final String BACKWARD = COLUMNS + " ORDER BY LOG_NAME DESC, CHANNEL DESC, NUMBER DESC LIMIT ?";

	private static final String FIND_TRIMMED = "SELECT MAX(TRIMMED_TO) FROM ATMOSPHERE_TRIM"
			+ " WHERE LOG_NAME = ? AND SHARD = ? AND CHANNEL IN (?, '" + ShardedLogCleaner.WHOLE_SHARD + "')";

	private static final String FIND_EXPIRED = "SELECT MAX(NUMBER) FROM ATMOSPHERE_MESSAGE"
			+ " WHERE LOG_NAME = ? AND CHANNEL = ? AND NUMBER > ? AND NUMBER <= ? AND EXPIRES_AT <= ?";

	private final String name;

	private final EnvelopeCodec codec;

	private final ShardedLogPoll rows;

	private final Consumer<WireFormatException.Reason> rejected;

	/**
	 * Create a reader of pages.
	 * @param name the name of the log
	 * @param codec reads the envelopes
	 * @param rejected told of rows that are not envelopes, and are passed over
	 */
	public ShardedLogPages(String name, EnvelopeCodec codec, Consumer<WireFormatException.Reason> rejected) {
		this.name = name;
		this.codec = codec;
		this.rows = new ShardedLogPoll(name);
		this.rejected = rejected;
	}

	/**
	 * Read a page.
	 * @param jdbc the database
	 * @param channel the channel's name
	 * @param since the position to start from, or {@code null}
	 * @param limit the maximum size of the page
	 * @param direction the direction
	 * @return the page, as {@link io.github.atmosphererelay.relay.ChannelLog#read}
	 * returns it
	 */
	public LogPage read(JdbcOperations jdbc, String channel, @Nullable Position since, PageLimit limit,
			ReadDirection direction) {
		int shard = ShardedLog.shardOf(new Address.Channel(channel));
		ShardHead head = jdbc
			.query(FIND_HEAD, (row, index) -> new ShardHead(shard, row.getString(1), row.getLong(2)), this.name, shard)
			.stream()
			.findFirst()
			.orElseThrow(() -> ShardedLog.missingShard(this.name));
		Position end = new Position(head.epoch(), head.number());
		if (since != null && (!since.epoch().equals(head.epoch()) || since.offset() > head.number())) {
			return new LogPage(List.of(), end, false);
		}
		long now = System.currentTimeMillis();
		boolean forward = (direction == ReadDirection.FORWARD);
		long after = (forward && since != null) ? since.offset() : 0;
		long last = (!forward && since != null) ? since.offset() - 1 : head.number();
		Page page = new Page(jdbc, channel, head, limit, forward);
		page.read(after, last, now);
		long reach = (forward && page.more) ? page.last : head.number();
		// Asked for last: what was removed while the page was read is known by now
		if (since != null && isRemoved(jdbc, channel, shard, since.offset(), reach, now)) {
			return new LogPage(List.of(), end, false);
		}
		return new LogPage(page.publications, end, true, page.more);
	}

	private boolean isRemoved(JdbcOperations jdbc, String channel, int shard, long since, long reach, long now) {
		Long expired = jdbc.queryForObject(FIND_EXPIRED, Long.class, this.name, channel, since, reach, now);
		if (expired != null) {
			return true;
		}
		Long trimmed = jdbc.queryForObject(FIND_TRIMMED, Long.class, this.name, shard, channel);
		return trimmed != null && trimmed > since;
	}

	/**
	 * A page that is being read.
	 */
	private final class Page {

		private final JdbcOperations jdbc;

		private final String channel;

		private final ShardHead head;

		private final PageLimit limit;

		private final boolean forward;

		private final List<Publication> publications = new ArrayList<>();

		private long bytes;

		/** The number of the row that was read last. */
		private long last;

		private boolean more;

		private Page(JdbcOperations jdbc, String channel, ShardHead head, PageLimit limit, boolean forward) {
			this.jdbc = jdbc;
			this.channel = channel;
			this.head = head;
			this.limit = limit;
			this.forward = forward;
		}

		private void read(long after, long last, long now) {
			long from = after;
			long to = last;
			List<Row> rows;
			do {
				// One more than fits tells whether there is more
				int count = Math.min(CHUNK, this.limit.publications() - this.publications.size() + 1);
				rows = this.jdbc.query(this.forward ? FORWARD : BACKWARD,
						(row, index) -> new Row(row.getLong(1), row.getInt(2), row.getBytes(3)),
						ShardedLogPages.this.name, this.channel, from, to, now, count);
				for (Row row : rows) {
					if (!add(row)) {
						this.more = true;
						return;
					}
				}
				from = this.forward ? this.last : from;
				to = this.forward ? to : this.last - 1;
				if (rows.size() < count) {
					return;
				}
			}
			while (true);
		}

		private boolean add(Row row) {
			if (this.publications.size() >= this.limit.publications()
					|| (!this.publications.isEmpty() && this.bytes + row.size() > this.limit.bytes())) {
				return false;
			}
			this.last = row.number();
			byte[] envelope = (row.envelope() != null) ? row.envelope()
					: ShardedLogPages.this.rows.readOne(this.jdbc, this.head.shard(), row.number());
			if (envelope != null) {
				this.bytes += row.size();
				decode(row.number(), envelope);
			}
			return true;
		}

		private void decode(long number, byte[] envelope) {
			try {
				this.publications.add(Publication.of(ShardedLogPages.this.codec.decode(envelope), this.channel,
						new Position(this.head.epoch(), number)));
			}
			catch (WireFormatException ex) {
				ShardedLogPages.this.rejected.accept(ex.getReason());
			}
		}

	}

	/**
	 * A row of the channel.
	 *
	 * @param number the number of the row in its shard
	 * @param size the size of the envelope in bytes
	 * @param envelope the envelope, or {@code null} if it is large
	 */
	private record Row(long number, int size, byte @Nullable [] envelope) {
	}

}
