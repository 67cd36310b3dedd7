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

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Predicate;

import io.github.atmosphererelay.message.ChannelItem;
import io.github.atmosphererelay.message.Discontinuity;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.message.WireFormatException;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.PageLimit;
import org.jspecify.annotations.Nullable;

import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcOperations;

/**
 * Reads one page of a lane. The progress is changed only for items that are in the page,
 * which is returned as far as it was read before a failure of the database.
 */
final class LaneReader {

	private static final long PIECE_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

	private final LaneRows rows;

	private final EnvelopeCodec codec;

	private final Predicate<String> isMine;

	private final Consumer<WireFormatException.Reason> rejected;

	private final long pieceNanos;

	LaneReader(LaneRows rows, EnvelopeCodec codec, Predicate<String> isMine,
			Consumer<WireFormatException.Reason> rejected) {
		this(rows, codec, isMine, rejected, PIECE_NANOS);
	}

	/**
	 * Create a reader.
	 * @param rows reads the rows
	 * @param codec reads the envelopes
	 * @param isMine whether a channel belongs to the group
	 * @param rejected hears of rows that are not envelopes
	 * @param pieceNanos after which time a page ends although there is room in it; at
	 * least one query is made
	 */
	LaneReader(LaneRows rows, EnvelopeCodec codec, Predicate<String> isMine,
			Consumer<WireFormatException.Reason> rejected, long pieceNanos) {
		this.pieceNanos = pieceNanos;
		this.rows = rows;
		this.codec = codec;
		this.isMine = isMine;
		this.rejected = rejected;
	}

	/**
	 * Read a page.
	 * @param jdbc the database
	 * @param shard the number of the shard
	 * @param progress how far the lane was read, which nobody else changes meanwhile but
	 * by noting what is handled
	 * @param lock guards the progress
	 * @param end the number up to which all rows can be seen
	 * @param limit the maximum size of the page
	 * @return the items, in the order in which they are to be handled; if there are none,
	 * there may be {@linkplain LaneProgress#hasMore more} to read later
	 */
	List<ChannelItem> read(JdbcOperations jdbc, int shard, LaneProgress progress, Object lock, long end,
			PageLimit limit) {
		Page page = new Page(jdbc, shard, progress.epoch(), limit);
		try {
			fill(page, progress, lock, end);
		}
		catch (DataAccessException ex) {
			// What is in the page does not come again
			if (page.items.isEmpty()) {
				throw ex;
			}
		}
		return page.items;
	}

	private void fill(Page page, LaneProgress progress, Object lock, long end) {
		long begin = System.nanoTime();
		String behind = nextBehind(progress, lock);
		while (behind != null && !page.isFull()) {
			readChannel(page, behind, progress, lock, end);
			if (!isInTime(begin)) {
				return;
			}
			behind = nextBehind(progress, lock);
		}
		while (!page.isFull() && scanned(progress, lock) < end) {
			scan(page, progress, lock, end);
			if (!isInTime(begin)) {
				return;
			}
		}
	}

	/**
	 * Others wait for the thread, while the rows of many other channels are passed over.
	 */
	private boolean isInTime(long begin) {
		return System.nanoTime() - begin < this.pieceNanos;
	}

	private static @Nullable String nextBehind(LaneProgress progress, Object lock) {
		synchronized (lock) {
			return progress.nextBehind();
		}
	}

	private static long scanned(LaneProgress progress, Object lock) {
		synchronized (lock) {
			return progress.scanned();
		}
	}

	/**
	 * Read a channel that is behind the scan.
	 */
	private void readChannel(Page page, String channel, LaneProgress progress, Object lock, long seen) {
		long end;
		long after;
		long reported;
		synchronized (lock) {
			end = progress.reach(seen);
			after = progress.readTo(channel);
			reported = progress.reported(channel);
		}
		List<LaneRows.Row> rows = this.rows.channel(page.jdbc, channel, after, end);
		// Asked for last: what was removed while the rows were read is known by now
		long removed = this.rows.removed(page.jdbc, page.shard, channel);
		List<ChannelItem> items = new ArrayList<>();
		page.last = after;
		if (removed > reported) {
			long first = rows.isEmpty() ? end + 1 : rows.get(0).number();
			long number = Math.min(removed, first - 1);
			if (number > after) {
				items.add(missing(channel, Discontinuity.Reason.LOG_TRIMMED, page.position(number)));
			}
		}
		boolean whole = page.add(rows, items, (row) -> true) && rows.size() < LaneRows.CHUNK;
		synchronized (lock) {
			progress.reported(channel, Math.max(reported, removed));
			note(items, progress);
			if (whole) {
				progress.caughtUp(channel, end);
			}
			else {
				progress.readLater(channel, page.last);
			}
		}
		page.items.addAll(items);
	}

	/**
	 * Read the next rows of all channels.
	 */
	private void scan(Page page, LaneProgress progress, Object lock, long end) {
		long after = scanned(progress, lock);
		List<LaneRows.Row> rows = this.rows.scan(page.jdbc, page.shard, after, end);
		Map<String, Long> removed = this.rows.removed(page.jdbc, page.shard, after);
		List<ChannelItem> publications = new ArrayList<>();
		page.last = after;
		boolean whole = page.add(rows, publications, (row) -> {
			synchronized (lock) {
				return this.isMine.test(row.channel()) && progress.isNew(row.channel(), row.number());
			}
		}) && rows.size() < LaneRows.CHUNK;
		long reach = whole ? end : page.last;
		List<ChannelItem> items = new ArrayList<>();
		Set<String> seen = new HashSet<>();
		synchronized (lock) {
			for (ChannelItem item : publications) {
				Long mark = seen.add(item.channel()) ? removed.remove(item.channel()) : null;
				Position position = item.position();
				if (mark != null && mark <= reach && position != null && progress.isNew(item.channel(), mark)) {
					report(item.channel(), Math.min(mark, position.offset() - 1), page, progress, items);
				}
				items.add(item);
			}
			removed.forEach((channel, mark) -> {
				if (mark <= reach && (channel.equals(LaneRows.WHOLE_SHARD) || this.isMine.test(channel))
						&& progress.isNew(channel, mark)) {
					report(channel.isEmpty() ? JdbcGroups.UNKNOWN_CHANNEL : channel, mark, page, progress, items);
				}
			});
			note(items, progress);
			progress.scanned(reach);
		}
		page.items.addAll(items);
	}

	private static void report(String channel, long number, Page page, LaneProgress progress, List<ChannelItem> items) {
		if (progress.isNew(channel, number)) {
			items.add(missing(channel, Discontinuity.Reason.LOG_TRIMMED, page.position(number)));
		}
	}

	static Discontinuity missing(String channel, Discontinuity.Reason reason, Position position) {
		return new Discontinuity(channel, reason, Discontinuity.UNKNOWN, position);
	}

	private static void note(List<ChannelItem> items, LaneProgress progress) {
		for (ChannelItem item : items) {
			Position position = item.position();
			if (position != null) {
				progress.read(item.channel(), position.offset());
			}
		}
	}

	/**
	 * A page that is being read.
	 */
	private final class Page {

		private final JdbcOperations jdbc;

		private final int shard;

		private final String epoch;

		private final PageLimit limit;

		private final List<ChannelItem> items = new ArrayList<>();

		private int count;

		private long bytes;

		/** The number of the row that was looked at last. */
		private long last;

		private Page(JdbcOperations jdbc, int shard, String epoch, PageLimit limit) {
			this.jdbc = jdbc;
			this.shard = shard;
			this.epoch = epoch;
			this.limit = limit;
		}

		private boolean isFull() {
			return this.count >= this.limit.publications() || this.bytes >= this.limit.bytes();
		}

		private Position position(long number) {
			return new Position(this.epoch, number);
		}

		/**
		 * Add rows as long as there is room.
		 * @return whether there was room for all
		 */
		private boolean add(List<LaneRows.Row> rows, List<ChannelItem> items, Predicate<LaneRows.Row> isWanted) {
			for (LaneRows.Row row : rows) {
				if (isWanted.test(row)) {
					if (isFull() || (this.count > 0 && this.bytes + row.size() > this.limit.bytes())) {
						this.bytes = this.limit.bytes();
						return false;
					}
					add(row, items);
				}
				this.last = row.number();
			}
			return true;
		}

		private void add(LaneRows.Row row, List<ChannelItem> items) {
			byte[] encoded = LaneReader.this.rows.envelope(this.jdbc, this.shard, row);
			if (encoded == null) {
				// It was removed meanwhile, or has been removed before it was read
				items.add(missing(row.channel(), Discontinuity.Reason.LOG_TRIMMED, position(row.number())));
				this.count++;
				return;
			}
			try {
				Envelope envelope = LaneReader.this.codec.decode(encoded);
				items.add(Publication.of(envelope, row.channel(), position(row.number())));
				this.count++;
				this.bytes += row.size();
			}
			catch (WireFormatException ex) {
				// Counted by the relay, and the group goes on behind it
				LaneReader.this.rejected.accept(ex.getReason());
			}
		}

	}

}
