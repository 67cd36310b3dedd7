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

package io.github.atmosphererelay.relay.kafka.internal;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;

import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.ChannelItem;
import io.github.atmosphererelay.message.Discontinuity;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.relay.GroupLane;
import io.github.atmosphererelay.relay.GroupOptions;
import io.github.atmosphererelay.relay.LaneLostException;
import io.github.atmosphererelay.relay.PageLimit;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import io.github.atmosphererelay.relay.SetAsideMessage;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.jspecify.annotations.Nullable;

/**
 * A partition of the log, as long as it belongs to this member of a group. The reader
 * goes through the partition once, and fills a buffer from which {@link #read} takes. A
 * channel that is paused is passed over. When it is resumed, the reader goes through what
 * was passed over again, beside what is new.
 * <p>
 * Threads: the reader's thread calls {@link #wanted}, {@link #wantedBehind},
 * {@link #accept} and what follows; the member's thread {@link #takeCommit},
 * {@link #commitEnded} and {@link #end}; any thread the methods of {@link GroupLane}.
 * Nothing blocks.
 */
final class KafkaLane implements GroupLane {

	/**
	 * Stands for all channels of a partition where the broker does not tell which are
	 * concerned.
	 */
	static final String ALL_CHANNELS = "*";

	/** The value of {@link #wanted()} if nothing is to be read now. */
	static final long NOTHING = -1;

	private final Owner owner;

	private final GroupOptions group;

	private final int number;

	private final long token;

	private final KafkaPositions positions;

	private final KafkaLaneProgress progress;

	private final KafkaLaneBuffer buffer = new KafkaLaneBuffer();

	private final KafkaLaneReading reading;

	private final KafkaLaneCommits commits;

	private final long start;

	/** Why the reader cannot read, or {@code null} if it can. */
	private @Nullable Throwable failure;

	private int maxUnfinished = KafkaLaneCommit.MAX_UNFINISHED;

	private volatile boolean ended;

	private volatile boolean cut;

	KafkaLane(Owner owner, GroupOptions group, KafkaRelaySettings settings, KafkaLogLife life, int number,
			KafkaLaneCommit start, Optional<Integer> startEpoch) {
		this.owner = owner;
		this.group = group;
		this.number = number;
		this.token = start.token();
		this.positions = life.partitions()[number].positions();
		this.progress = new KafkaLaneProgress(start);
		this.start = start.base();
		this.reading = new KafkaLaneReading(group, settings, life, number, this.progress, this.buffer, this.start,
				startEpoch);
		this.commits = new KafkaLaneCommits(start.base());
	}

	@Override
	public int number() {
		return this.number;
	}

	@Override
	public long token() {
		return this.token;
	}

	/**
	 * Return the offset at which this owner has begun.
	 */
	long start() {
		return this.start;
	}

	/**
	 * Return the leader epoch of the record before an offset.
	 * @return the epoch, or empty if it is not known
	 */
	synchronized Optional<Integer> epochBefore(long offset) {
		return this.reading.epochBefore(offset);
	}

	boolean isEnded() {
		return this.ended;
	}

	@Override
	public boolean isHeld() {
		return !this.ended && this.owner.isHeld();
	}

	@Override
	public synchronized CompletableFuture<List<ChannelItem>> read(PageLimit limit) {
		if (this.ended) {
			return CompletableFuture.failedFuture(lost());
		}
		boolean full = this.buffer.isFull();
		List<ChannelItem> items = this.buffer.take(limit);
		Throwable failure = this.failure;
		if (items.isEmpty() && failure != null) {
			return CompletableFuture.failedFuture(new RelayUnavailableException(KafkaRelay.NAME, failure));
		}
		if (full && !this.buffer.isFull()) {
			this.owner.wakeReader();
		}
		return CompletableFuture.completedFuture(items);
	}

	/**
	 * Note that the reader cannot read at present.
	 */
	synchronized void unreadable(Throwable failure) {
		this.failure = failure;
	}

	/**
	 * Note that the reader can read.
	 */
	synchronized void readable() {
		this.failure = null;
	}

	@Override
	public synchronized void pause(String channel, Position since) {
		KafkaPlace place = this.positions.place(since);
		if (place == null || channel.equals(ALL_CHANNELS)) {
			return;
		}
		this.buffer.remove(channel, place.offset());
		this.progress.channelOf(channel, hash(channel)).pause(place.offset());
	}

	private static long hash(String channel) {
		return KafkaLogIndex.hash(new Address.Channel(channel).value().getBytes(StandardCharsets.UTF_8));
	}

	@Override
	public synchronized void resume(String channel) {
		KafkaLaneChannel found = this.progress.channel(channel);
		if (found == null) {
			return;
		}
		long from = found.resume();
		if (from != KafkaLaneChannel.NOTHING) {
			this.reading.again(from);
			this.owner.wakeReader();
		}
		this.progress.forgetIfDone(found);
	}

	@Override
	public CompletableFuture<@Nullable Void> commit(Map<String, Position> handled) {
		synchronized (this) {
			if (this.ended) {
				return CompletableFuture.failedFuture(lost());
			}
			handled.forEach((channel, position) -> {
				KafkaPlace place = this.positions.place(position);
				if (place != null) {
					this.progress.handled(channel, place.offset());
				}
			});
			if (this.reading.unhold()) {
				this.owner.wakeReader();
			}
			return this.commits.add();
		}
	}

	/**
	 * Store a message. The broker is asked first whether the lane still belongs to this
	 * member.
	 */
	@Override
	public CompletableFuture<@Nullable Void> setAside(SetAsideMessage message) {
		return commit(Map.of()).thenCompose((committed) -> this.owner.setAside(message));
	}

	@Override
	public CompletableFuture<Long> lag() {
		return this.ended ? CompletableFuture.failedFuture(lost()) : this.owner.end(this).thenApply(this::lag);
	}

	private synchronized long lag(long end) {
		return this.progress.unfinished() + Math.max(0, end - this.progress.frontier());
	}

	@Override
	public void release() {
		if (end()) {
			this.owner.released(this);
		}
	}

	LaneLostException lost() {
		return new LaneLostException(this.group.name(), this.number, this.token);
	}

	/**
	 * Return whether there is something to commit.
	 * @param now the current {@code System.nanoTime()}
	 */
	synchronized boolean hasCommit(long now) {
		return this.commits.isDue(this.progress.frontier(), now);
	}

	/**
	 * Return whether the broker has answered all commits that were sent.
	 */
	synchronized boolean canCommit() {
		return !this.commits.isSending() && !this.ended;
	}

	/**
	 * Return what has to be committed now. {@link #commitEnded} has to follow.
	 */
	synchronized OffsetAndMetadata takeCommit() {
		this.commits.send(this.progress.frontier());
		KafkaLaneCommit commit = this.progress.commit(this.maxUnfinished);
		return commit.toOffset(epochBefore(commit.base()));
	}

	/**
	 * Take the broker's answer to a commit.
	 * @param failure the reason why it has failed, or {@code null}
	 */
	void commitEnded(@Nullable Throwable failure) {
		List<CompletableFuture<@Nullable Void>> answered;
		synchronized (this) {
			answered = this.commits.answered();
		}
		answered.forEach((future) -> {
			if (failure != null) {
				future.completeExceptionally(failure);
			}
			else {
				future.complete(null);
			}
		});
	}

	/**
	 * Note that the broker takes shorter metadata only.
	 * @return how many channels the next commit names
	 */
	synchronized int commitLess() {
		this.maxUnfinished /= 2;
		return this.maxUnfinished;
	}

	/**
	 * Take the lane from its owner. Commits that wait fail.
	 * @return {@code false} if it was taken before
	 */
	boolean end() {
		return end(false);
	}

	/**
	 * Return whether the lane has ended because its partition has other records, and not
	 * because the listener has released it.
	 */
	boolean isCut() {
		return this.cut;
	}

	private boolean end(boolean cut) {
		List<CompletableFuture<@Nullable Void>> failed;
		synchronized (this) {
			if (this.ended) {
				return false;
			}
			this.ended = true;
			this.cut = cut;
			failed = this.commits.end();
			this.buffer.clear();
		}
		LaneLostException lost = lost();
		failed.forEach((future) -> future.completeExceptionally(lost));
		return true;
	}

	/**
	 * Return the offset of the first record that was not read yet.
	 * @return an offset, or {@link #NOTHING} if nothing is to be read now
	 */
	synchronized long wanted() {
		return this.ended ? NOTHING : this.reading.wanted();
	}

	/**
	 * Return the offset of the next record that has to be read before or beside those at
	 * {@link #wanted()}.
	 * @return an offset, or {@link #NOTHING} if there is none
	 */
	synchronized long wantedBehind() {
		return this.ended ? NOTHING : this.reading.wantedBehind();
	}

	/**
	 * Take records in the order of the partition.
	 * @param records the records
	 * @param from the offset that was wanted
	 * @param after the offset that the consumer has come to with them
	 * @return from when on idempotency keys have to be known before the reader can go on,
	 * in milliseconds since 1970, or {@link #NOTHING}: {@link #lookBack} has to follow
	 */
	long accept(List<ConsumerRecord<byte[], byte[]>> records, long from, long after) {
		boolean available;
		long keysSince;
		synchronized (this) {
			if (this.ended) {
				return NOTHING;
			}
			keysSince = this.reading.accept(records, from, after);
			available = this.buffer.wakesOwner();
		}
		if (available) {
			this.owner.available(this);
		}
		return keysSince;
	}

	/**
	 * Read idempotency keys before the start.
	 * @param from the offset of the first record that may have one
	 */
	synchronized void lookBack(long from) {
		this.reading.lookBack(from);
	}

	/**
	 * Note that the partition no longer has what was to be read.
	 * @param begin the offset of its first record
	 */
	void trimmed(long begin) {
		report(Discontinuity.Reason.LOG_TRIMMED, begin, () -> this.reading.trimmed(begin));
	}

	/**
	 * Note that the partition has other records than before, or none, from an offset on.
	 * The lane ends: what its owner has in hand may be gone, and must not be committed.
	 * The next owner begins before these records.
	 * @param offset the offset
	 */
	void cut(long offset) {
		KafkaLaneCommit kept;
		synchronized (this) {
			this.progress.cut(offset);
			kept = this.progress.commit(this.maxUnfinished);
		}
		if (end(true)) {
			this.owner.cut(this, kept);
		}
	}

	/**
	 * Report that messages of unknown channels are missing, or may be.
	 * @param reason why
	 * @param offset the offset with which the lane goes on
	 */
	void missed(Discontinuity.Reason reason, long offset) {
		report(reason, offset, () -> true);
	}

	private void report(Discontinuity.Reason reason, long offset, BooleanSupplier change) {
		boolean available;
		synchronized (this) {
			if (this.ended) {
				return;
			}
			if (change.getAsBoolean()) {
				this.reading.missed(ALL_CHANNELS, reason, offset);
			}
			available = this.buffer.wakesOwner();
		}
		if (available) {
			this.owner.available(this);
		}
	}

	/**
	 * What a lane needs of the member that it belongs to. Nothing blocks.
	 */
	interface Owner {

		void wakeReader();

		void available(KafkaLane lane);

		void released(KafkaLane lane);

		/**
		 * Replace a lane that has ended, because a new leader has other records.
		 * @param kept what was handled of the records that are still there
		 */
		void cut(KafkaLane lane, KafkaLaneCommit kept);

		CompletableFuture<@Nullable Void> setAside(SetAsideMessage message);

		/** Return whether no other member can have this member's lanes yet. */
		boolean isHeld();

		/** Look up the end of the lane's partition. */
		CompletableFuture<Long> end(KafkaLane lane);

	}

}
