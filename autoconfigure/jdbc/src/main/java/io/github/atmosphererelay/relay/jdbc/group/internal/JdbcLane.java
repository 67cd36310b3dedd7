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

import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;

import io.github.atmosphererelay.message.ChannelItem;
import io.github.atmosphererelay.message.Discontinuity;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.relay.GroupLane;
import io.github.atmosphererelay.relay.LaneLostException;
import io.github.atmosphererelay.relay.PageLimit;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import io.github.atmosphererelay.relay.SetAsideMessage;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.core.JdbcOperations;

/**
 * A shard of the log as long as it belongs to one member of a group. The database is
 * asked on the threads of {@link LaneCalls}, for each lane by one thread that reads and
 * one that stores.
 */
final class JdbcLane implements GroupLane {

	private static final Log logger = LogFactory.getLog(JdbcLane.class);

	private final JdbcGroups groups;

	private final GroupMember member;

	private final LaneKey key;

	private final LaneReader reader;

	private final Predicate<String> isMine;

	/** Guards the progress and the flags. Not held while the database is asked. */
	private final Object lock = new Object();

	/** Held while the progress is read from, or written to, the database. */
	private final Object storing = new Object();

	/** Known from the first read on. */
	private @Nullable LaneProgress progress;

	/** What is to be reported before all else. */
	private @Nullable Discontinuity first;

	private boolean idle;

	private volatile boolean revoked;

	private volatile boolean lost;

	JdbcLane(JdbcGroups groups, GroupMember member, LaneKey key, LaneReader reader, Predicate<String> isMine) {
		this.groups = groups;
		this.member = member;
		this.key = key;
		this.reader = reader;
		this.isMine = isMine;
	}

	@Override
	public int number() {
		return this.key.shard();
	}

	@Override
	public long token() {
		return this.key.token();
	}

	/**
	 * A node that was paused notices at once that the time of its lease is over.
	 */
	@Override
	public boolean isHeld() {
		return !this.lost && this.member.holds(System.nanoTime());
	}

	LaneKey key() {
		return this.key;
	}

	/**
	 * Note that the lane is to go to another member.
	 * @return {@code false} if it was noted before
	 */
	boolean revoke() {
		boolean first = !this.revoked;
		this.revoked = true;
		return first;
	}

	boolean isRevoked() {
		return this.revoked;
	}

	/**
	 * Note that the lane does not belong to the member any more.
	 */
	void lose() {
		this.lost = true;
	}

	/**
	 * Return whether the lane is of no use to its owner any more.
	 */
	boolean isLost() {
		return this.lost;
	}

	/**
	 * Return whether the owner has read all that there was, and has to be woken.
	 */
	boolean wake() {
		synchronized (this.lock) {
			boolean idle = this.idle;
			this.idle = false;
			return idle;
		}
	}

	/**
	 * Pass over rows that belong to no recorded channel, without asking the database.
	 * @return whether the owner has to be woken
	 */
	boolean passOver(long from, long to) {
		synchronized (this.lock) {
			LaneProgress progress = this.progress;
			if (!this.idle || progress == null) {
				return false;
			}
			if (progress.scanned() >= from) {
				progress.scanned(to);
				if (!progress.isToBeStored()) {
					return false;
				}
			}
			this.idle = false;
			return true;
		}
	}

	@Override
	public CompletableFuture<List<ChannelItem>> read(PageLimit limit) {
		return ask(() -> {
			Position end = this.groups.ends().known(number());
			LaneProgress progress = progress(end);
			if (!progress.epoch().equals(end.epoch())) {
				throw changedEpoch(end);
			}
			List<ChannelItem> page = readFirst();
			if (page.isEmpty()) {
				page = this.reader.read(this.groups.jdbc(), number(), progress, this.lock, end.offset(), limit);
			}
			if (page.isEmpty()) {
				if (hasMore(progress, end)) {
					// Others come first
					this.member.available(this);
				}
				else {
					waitForMore(progress, end);
				}
				storeScan(progress);
			}
			return page;
		});
	}

	/**
	 * Return the progress, read from the tables the first time.
	 */
	private LaneProgress progress(Position end) {
		synchronized (this.storing) {
			synchronized (this.lock) {
				if (this.progress != null) {
					return this.progress;
				}
			}
			GroupTables.StoredProgress stored = this.groups.tables().progress(this.groups.jdbc(), this.key);
			if (stored == null) {
				throw noteLost();
			}
			Discontinuity first = null;
			if (!stored.epoch().equals(end.epoch())) {
				stored = adopt(stored, end);
				first = LaneReader.missing(JdbcGroups.UNKNOWN_CHANNEL, Discontinuity.Reason.LOG_CHANGED,
						new Position(end.epoch(), stored.floor()));
			}
			LaneProgress progress = new LaneProgress(end.epoch(), stored, this.isMine);
			synchronized (this.lock) {
				this.progress = progress;
				this.first = first;
			}
			return progress;
		}
	}

	/**
	 * Go on in another epoch of the shard. The progress comes from the same database, so
	 * it went back together with the log; what goes beyond the log's end does not count.
	 */
	private GroupTables.StoredProgress adopt(GroupTables.StoredProgress stored, Position end) {
		logger.warn("The group '" + this.key.group() + "' goes on in lane " + number()
				+ " although the log has gone back in time, or was moved to another server. Messages may have been"
				+ " lost, or be handled again");
		boolean putBack = this.groups.database().inTransaction((jdbc) -> {
			if (!this.groups.tables().lock(jdbc, this.key)) {
				return false;
			}
			this.groups.tables().putBack(jdbc, this.key, end.offset());
			return true;
		});
		if (!putBack) {
			throw noteLost();
		}
		Map<String, Long> channels = stored.channels();
		channels.replaceAll((channel, number) -> Math.min(number, end.offset()));
		return new GroupTables.StoredProgress(end.epoch(), Math.min(stored.floor(), end.offset()), channels);
	}

	private List<ChannelItem> readFirst() {
		synchronized (this.lock) {
			Discontinuity first = this.first;
			this.first = null;
			return (first != null) ? List.of(first) : List.of();
		}
	}

	private boolean hasMore(LaneProgress progress, Position end) {
		synchronized (this.lock) {
			return progress.hasMore(end.offset());
		}
	}

	private void waitForMore(LaneProgress progress, Position end) {
		boolean more;
		synchronized (this.lock) {
			this.idle = true;
			// It may have come since
			Position now = this.groups.ends().known(number());
			more = this.groups.ends().hasRecordedAfter(number(), end);
			if (!more) {
				progress.scanned(now.offset());
			}
		}
		if (more) {
			this.member.available(this);
		}
	}

	/**
	 * Rows of other channels are passed over without a commit, and a channel that was
	 * left out catches up without one. After a restart neither need be looked at again.
	 */
	private void storeScan(LaneProgress progress) {
		boolean store;
		synchronized (this.lock) {
			store = progress.isToBeStored();
		}
		if (store) {
			store(progress);
		}
	}

	private RelayUnavailableException changedEpoch(Position end) {
		logger.warn("Lane " + number() + " of the group '" + this.key.group()
				+ "' is given up and taken anew, because its shard has the epoch " + end.epoch() + " now");
		this.groups.giveUp(this);
		return new RelayUnavailableException("jdbc", null);
	}

	private LaneLostException noteLost() {
		this.lost = true;
		return new LaneLostException(this.key.group(), number(), token());
	}

	@Override
	public void pause(String channel, Position since) {
		change((progress) -> progress.pause(channel, since.offset()));
	}

	@Override
	public void resume(String channel) {
		change((progress) -> progress.resume(channel));
	}

	private void change(Consumer<LaneProgress> change) {
		synchronized (this.lock) {
			if (this.progress != null) {
				change.accept(this.progress);
				this.idle = false;
			}
		}
	}

	@Override
	public CompletableFuture<@Nullable Void> commit(Map<String, Position> handled) {
		return ask(() -> {
			LaneProgress progress;
			synchronized (this.lock) {
				progress = this.progress;
				if (progress != null) {
					for (Map.Entry<String, Position> channel : handled.entrySet()) {
						if (channel.getValue().epoch().equals(progress.epoch())) {
							progress.handled(channel.getKey(), channel.getValue().offset());
						}
					}
				}
			}
			if (progress == null) {
				throw noteLost();
			}
			store(progress);
			return null;
		});
	}

	/**
	 * Note that a transaction of the application has stored that a message was handled.
	 */
	void handledInTransaction(Publication publication) {
		Position position = publication.position();
		synchronized (this.lock) {
			if (this.progress != null && position != null) {
				this.progress.storedByOthers(publication.channel(), position.offset());
			}
		}
	}

	/**
	 * Note that a transaction of the application may have been committed although it has
	 * failed.
	 */
	void mayBeHandled(Publication publication) {
		synchronized (this.lock) {
			if (this.progress != null) {
				this.progress.mayBeStored(publication.channel());
			}
		}
	}

	private void store(LaneProgress progress) {
		synchronized (this.storing) {
			LaneProgress.Change change;
			synchronized (this.lock) {
				change = progress.change();
			}
			boolean stored = this.groups.database()
				.inTransaction((jdbc) -> this.groups.tables()
					.advance(jdbc, this.groups.database().dialect(), this.key, change));
			if (!stored) {
				throw noteLost();
			}
			synchronized (this.lock) {
				progress.stored(change);
			}
		}
	}

	@Override
	public CompletableFuture<@Nullable Void> setAside(SetAsideMessage message) {
		return ask(() -> {
			boolean stored = this.groups.database().inTransaction((jdbc) -> {
				if (!this.groups.tables().lock(jdbc, this.key)) {
					return false;
				}
				this.groups.setAsideTable().store(jdbc, message);
				return true;
			});
			if (!stored) {
				throw noteLost();
			}
			return null;
		});
	}

	@Override
	public CompletableFuture<Long> lag() {
		return ask(() -> {
			Position end = this.groups.ends().known(number());
			LaneProgress progress = progress(end);
			long open;
			long scanned;
			Map<String, Long> passed;
			synchronized (this.lock) {
				open = progress.open();
				scanned = progress.scanned();
				passed = progress.passed();
			}
			return open + unread(scanned, end.offset()) + passed(passed, scanned);
		});
	}

	private long unread(long scanned, long end) {
		if (end <= scanned) {
			return 0;
		}
		Map<String, Long> counts = this.groups.rows().count(this.groups.jdbc(), number(), scanned, end);
		if (counts.values().stream().mapToLong(Long::longValue).sum() >= LaneRows.MAX_COUNT) {
			return end - scanned;
		}
		return counts.entrySet()
			.stream()
			.filter((entry) -> this.isMine.test(entry.getKey()))
			.mapToLong(Map.Entry::getValue)
			.sum();
	}

	private long passed(Map<String, Long> channels, long scanned) {
		JdbcOperations jdbc = this.groups.jdbc();
		long count = 0;
		for (Map.Entry<String, Long> channel : channels.entrySet()) {
			count += this.groups.rows().countChannel(jdbc, channel.getKey(), channel.getValue(), scanned);
		}
		return count;
	}

	@Override
	public void release() {
		this.lost = true;
		this.member.release(this);
	}

	private <T extends @Nullable Object> CompletableFuture<T> ask(Supplier<T> question) {
		return this.groups.ask(() -> {
			if (this.lost) {
				throw new LaneLostException(this.key.group(), number(), token());
			}
			return question.get();
		});
	}

}
