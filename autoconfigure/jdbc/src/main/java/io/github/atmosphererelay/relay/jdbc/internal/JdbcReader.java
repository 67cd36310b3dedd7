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

package io.github.atmosphererelay.relay.jdbc.internal;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.jdbc.internal.ShardHead;
import io.github.atmosphererelay.jdbc.internal.ShardPage;
import io.github.atmosphererelay.jdbc.internal.ShardedLog;
import io.github.atmosphererelay.jdbc.internal.ShardedLogPoll;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.WireFormatException;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Reads what all nodes have written, on one thread with one connection, and hands what
 * the node follows to the listener. It keeps a cursor for each shard, so that nothing is
 * missed while there is no connection, unless rows are removed meanwhile.
 * <p>
 * The numbers of a shard's rows have no gaps. If one is missing, the row was removed
 * before this node has read it, and a gap is reported for all addresses of the shard. If
 * the counter of a shard is behind this node's cursor, or a row that the node has read is
 * another one than before, or the shard has an epoch that had ended, the database has
 * lost what it had: the shard gets a new epoch.
 */
final class JdbcReader implements JdbcWorker.Work {

	private static final Log logger = LogFactory.getLog(JdbcReader.class);

	private static final long BUSY_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

	/**
	 * By which the interval is longer while others wake the reader. By default the node
	 * itself writes a heartbeat in that time, and then reads.
	 */
	private static final double WOKEN = 2.5;

	/** How long a poll waits for what the node itself is about to write. */
	private static final long FLUSH_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

	/**
	 * With which to begin: over a slow network the rows of a long absence must not be
	 * asked for at once.
	 */
	private static final int FIRST_ROWS = 4;

	/** A poll that takes longer, because of its size, is followed by a smaller one. */
	private static final long SLOW_NANOS = TimeUnit.MILLISECONDS.toNanos(400);

	/** A poll that takes longer, because of its size, is not followed by a larger one. */
	private static final long FAST_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

	/** What takes long below this size takes long for another reason. */
	private static final long SMALL_BYTES = 64 * 1024;

	/** Polls that follow each other at once read more when they wait for a moment. */
	private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

	private final JdbcConnector connector;

	private final EnvelopeCodec codec;

	private final ShardedLogPoll poll;

	private final JdbcSubscriptions subscriptions;

	private final Guard guard;

	private final long idleNanos;

	private final JdbcWorker worker;

	/** Only used by the thread; {@code null} until the first connection. */
	private ShardCursor @Nullable [] cursors;

	private final FormerEpochs formerEpochs = new FormerEpochs();

	private final long[] heads = new long[ShardedLog.SHARDS];

	/**
	 * The shards of which rows of recorded channels, or unknown ones, were passed since
	 * groups were told.
	 */
	private final boolean[] recorded = new boolean[ShardedLog.SHARDS];

	private long interval = BUSY_NANOS;

	/** How many rows of each shard the next poll reads at most, a power of two. */
	private int rows = FIRST_ROWS;

	private long polledAt;

	/** Whether something was read for which others may be waiting. */
	private boolean busy;

	JdbcReader(JdbcConnector connector, ConnectionSource source, JdbcRelaySettings settings,
			JdbcSubscriptions subscriptions, Guard guard) {
		this.connector = connector;
		this.codec = settings.codec();
		this.poll = new ShardedLogPoll(settings.logName());
		this.subscriptions = subscriptions;
		this.guard = guard;
		this.idleNanos = settings.idleInterval().toNanos();
		this.worker = new JdbcWorker("reader", source, connector.answerTimeout(), guard, this);
	}

	void start() {
		this.worker.start();
	}

	void reconnect() {
		this.worker.reconnect();
	}

	void stop() {
		this.worker.stop();
	}

	void awaitEnd(Duration limit) throws InterruptedException {
		this.worker.awaitEnd(limit);
	}

	/**
	 * Poll as soon as possible. Does not block.
	 */
	void wake() {
		this.worker.signal().raise();
	}

	@Override
	public void begin(JdbcLink link) throws Exception {
		this.connector.prepare(link);
		ShardedLog log = this.connector.log();
		LinkDialect.allowLongReads(link, log.dialect());
		this.rows = FIRST_ROWS;
		ShardCursor[] cursors = this.cursors;
		if (cursors == null) {
			// Only now: counters that are missing later are being restored by somebody
			log.createShards(link.jdbc());
		}
		this.connector.checkServer(link);
		if (cursors == null) {
			beginAtTheEnd(log, link);
		}
		else {
			for (ShardCursor cursor : cursors) {
				compare(log, link, cursor);
			}
		}
		this.interval = BUSY_NANOS;
		step(link, false);
		this.connector.readerReady(true);
	}

	private void beginAtTheEnd(ShardedLog log, JdbcLink link) {
		ShardCursor[] cursors = new ShardCursor[ShardedLog.SHARDS];
		for (ShardHead head : log.heads(link.jdbc())) {
			cursors[head.shard()] = end(link, head);
		}
		for (int shard = 0; shard < cursors.length; shard++) {
			if (cursors[shard] == null) {
				throw new IllegalStateException("Table ATMOSPHERE_SHARD has no row for shard " + shard);
			}
		}
		this.cursors = cursors;
	}

	/**
	 * Return a cursor at the end of a shard, which knows the row there if it exists.
	 */
	private ShardCursor end(JdbcLink link, ShardHead head) {
		byte[] row = (head.number() > 0) ? this.poll.readOne(link.jdbc(), head.shard(), head.number()) : null;
		ShardCursor end = new ShardCursor(head.shard(), head.epoch(), head.number(), null);
		return (row != null) ? end.hasRead(head.number(), row) : end;
	}

	/**
	 * The server may be another one than before: one that was restored from a backup, or
	 * a replica that lacked the last transactions. Its counters may have passed this
	 * node's cursor since.
	 */
	private void compare(ShardedLog log, JdbcLink link, ShardCursor cursor) {
		if (contradicts(link, cursor)) {
			renew(log, link, cursor.shard(), (head) -> head.epoch().equals(cursor.epoch()) && contradicts(link, cursor),
					"the row " + cursor.number() + " is another one than before");
		}
	}

	private boolean contradicts(JdbcLink link, ShardCursor cursor) {
		if (cursor.fingerprint() == null) {
			return false;
		}
		byte[] row = this.poll.readOne(link.jdbc(), cursor.shard(), cursor.number());
		return row != null && cursor.contradicts(row);
	}

	/**
	 * Give a shard a new epoch, if it is still as it was seen. The counter is locked for
	 * that, so that it is the newest one: what was seen may have come from a replica that
	 * was late.
	 * @return whether the epoch was renewed
	 */
	private boolean renew(ShardedLog log, JdbcLink link, int shard, Predicate<ShardHead> isStillSo, String reason) {
		boolean renewed = link.inTransaction(() -> {
			LinkDialect.limitTransaction(link);
			ShardHead head = log.lock(link.jdbc(), shard);
			return isStillSo.test(head) && log.renewEpoch(link.jdbc(), shard, head.epoch());
		});
		if (renewed) {
			logger.warn("Shard " + shard + " of '" + log.name() + "' has gone back in time: " + reason
					+ ". Messages may be lost, and the shard gets a new epoch");
		}
		else {
			logger.debug("Shard " + shard + " seemed to have gone back in time: " + reason);
		}
		return renewed;
	}

	@Override
	public boolean step(JdbcLink link) throws InterruptedException {
		return step(link, true);
	}

	private boolean step(JdbcLink link, boolean wait) throws InterruptedException {
		long number = this.subscriptions.beginPoll();
		this.busy = false;
		this.polledAt = System.nanoTime();
		boolean more = poll(link);
		ShardCursor[] cursors = this.cursors;
		if (cursors != null) {
			this.subscriptions.endPoll(number, cursors, this.heads);
			for (ShardCursor cursor : cursors) {
				int shard = cursor.shard();
				this.connector.groups().seen(shard, cursor.epoch(), cursor.number(), this.recorded[shard]);
				this.recorded[shard] = false;
			}
		}
		if (wait && !more) {
			await();
		}
		return true;
	}

	private void await() throws InterruptedException {
		long idle = this.connector.isWoken() ? (long) (WOKEN * this.idleNanos) : this.idleNanos;
		this.interval = this.busy ? BUSY_NANOS : Math.min(2 * this.interval, idle);
		long nanos = this.connector.isWoken() ? idle : this.interval;
		boolean raised = this.worker.signal().await(nanos);
		if (!raised && nanos == this.idleNanos && this.connector.flush()) {
			// Written now it is read now, without another poll
			raised = this.worker.signal().await(FLUSH_NANOS);
		}
		if (raised) {
			long pause = PAUSE_NANOS - (System.nanoTime() - this.polledAt);
			if (pause > 0) {
				this.worker.pause(pause);
			}
		}
	}

	/**
	 * Read the next rows of all shards.
	 * @return whether there are more
	 */
	private boolean poll(JdbcLink link) {
		ShardCursor[] cursors = this.cursors;
		if (cursors == null) {
			return false;
		}
		long[] after = new long[cursors.length];
		for (ShardCursor cursor : cursors) {
			after[cursor.shard()] = cursor.number();
		}
		boolean more = false;
		List<ShardPage> pages = this.poll.poll(link.jdbc(), after, this.rows);
		int rows = this.rows;
		adapt(System.nanoTime() - this.polledAt, pages.stream().mapToLong(ShardPage::size).sum());
		if (pages.size() < cursors.length) {
			throw new IllegalStateException("Rows of table ATMOSPHERE_SHARD were removed");
		}
		for (ShardPage page : pages) {
			more |= read(link, cursors[page.head().shard()], page, rows);
		}
		return more;
	}

	/**
	 * Read less at once if a poll takes so long that the connection, or a probe behind
	 * it, could be given up.
	 */
	private void adapt(long nanos, long bytes) {
		if (bytes <= SMALL_BYTES || nanos < FAST_NANOS) {
			this.rows = Math.min(ShardedLogPoll.MAX_ROWS, this.rows * 2);
		}
		else if (nanos > SLOW_NANOS) {
			this.rows = Math.max(1, this.rows / 4);
		}
	}

	private boolean read(JdbcLink link, ShardCursor cursor, ShardPage page, int maxRows) {
		ShardHead head = page.head();
		int shard = head.shard();
		this.heads[shard] = head.number();
		if (!head.epoch().equals(cursor.epoch())) {
			if (this.formerEpochs.contains(shard, head.epoch())) {
				return renew(this.connector.log(), link, shard, (now) -> now.epoch().equals(head.epoch()),
						"its epoch is one that had ended");
			}
			// Whatever was between the cursor and the end: the log tells recorded
			// channels
			this.formerEpochs.add(shard, cursor.epoch());
			moveTo(end(link, head));
			gap(shard);
			return false;
		}
		if (head.number() < cursor.number()) {
			return renew(this.connector.log(), link, shard,
					(now) -> now.epoch().equals(cursor.epoch()) && now.number() < cursor.number(),
					"its counter is " + head.number() + ", and was " + cursor.number());
		}
		if (head.number() == cursor.number()) {
			return false;
		}
		long reach = Math.min(head.number(), cursor.number() + maxRows);
		List<ShardPage.Row> rows = page.rows();
		if (!isWhole(cursor.number(), reach, rows)) {
			// Not every database reads the ends and the rows at the same moment
			rows = this.poll.readShard(link.jdbc(), shard, cursor.number(), reach);
		}
		// All rows that are missing were removed before now: one gap tells of all of them
		boolean told = false;
		for (ShardPage.Row row : rows) {
			if (row.number() > reach) {
				break;
			}
			byte[] envelope = (row.envelope() != null) ? row.envelope()
					: this.poll.readOne(link.jdbc(), shard, row.number());
			if (envelope != null) {
				if (!told && row.number() > cursor(shard).number() + 1) {
					told = true;
					gap(shard);
				}
				received(cursor(shard), row.number(), envelope);
			}
		}
		if (cursor(shard).number() < reach) {
			if (!told) {
				gap(shard);
			}
			moveTo(cursor(shard).passedOver(reach));
		}
		return reach < head.number();
	}

	private static boolean isWhole(long after, long reach, List<ShardPage.Row> rows) {
		// They are sorted
		return rows.size() >= reach - after && rows.get((int) (reach - after) - 1).number() == reach;
	}

	private ShardCursor cursor(int shard) {
		ShardCursor[] cursors = this.cursors;
		if (cursors == null) {
			throw new IllegalStateException("Not connected yet");
		}
		return cursors[shard];
	}

	private void moveTo(ShardCursor cursor) {
		ShardCursor[] cursors = this.cursors;
		if (cursors != null) {
			cursors[cursor.shard()] = cursor;
		}
	}

	private void received(ShardCursor cursor, long number, byte[] encoded) {
		moveTo(cursor.hasRead(number, encoded));
		boolean known = this.recorded[cursor.shard()];
		this.recorded[cursor.shard()] = true;
		Envelope envelope;
		try {
			envelope = this.codec.decode(encoded);
			this.recorded[cursor.shard()] = known || envelope.log() != null;
			if (envelope.kind() == Envelope.Kind.PROBE) {
				this.connector.probe().read(envelope);
			}
		}
		catch (WireFormatException ex) {
			this.guard.run(() -> this.connector.tell((listener) -> listener.rejected(ex.getReason())));
			return;
		}
		catch (Throwable ex) {
			// The next row has to be read, and nobody knows whose row this one is
			this.guard.failed(ex);
			gap(cursor.shard());
			return;
		}
		if (!this.subscriptions.isFollowed(envelope.address())) {
			this.busy |= envelope.log() != null && this.connector.groups().follows(cursor.shard());
			return;
		}
		this.busy |= isUrgent(envelope);
		Position position = (envelope.log() != null) ? new Position(cursor.epoch(), number) : null;
		try {
			this.connector.tell((listener) -> listener.received(envelope, position));
		}
		catch (Throwable ex) {
			// The next row has to be read; who follows the channel reads its log again
			this.guard.failed(ex);
			gap(envelope.address());
		}
	}

	/**
	 * Return whether others may be waiting for what follows an envelope. What all nodes
	 * tell each other all the time, and probes, must not keep the reader busy.
	 */
	private static boolean isUrgent(Envelope envelope) {
		return switch (envelope.kind()) {
			case MESSAGE -> true;
			case CONTROL -> !envelope.address().equals(Address.CONTROL);
			case PROBE -> false;
		};
	}

	private void gap(int shard) {
		this.recorded[shard] = true;
		for (Address address : this.subscriptions.confirmed(shard)) {
			gap(address);
		}
	}

	private void gap(Address address) {
		this.guard.run(() -> this.connector.tell((listener) -> listener.gap(address)));
	}

	@Override
	public void end(@Nullable Throwable cause) {
		this.connector.readerReady(false);
	}

}
