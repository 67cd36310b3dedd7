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
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;

import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.ChannelItem;
import io.github.atmosphererelay.message.Discontinuity;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.message.WireFormatException;
import io.github.atmosphererelay.relay.GroupLane;
import io.github.atmosphererelay.relay.GroupOptions;
import io.github.atmosphererelay.relay.LaneLostException;
import io.github.atmosphererelay.relay.PageLimit;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import io.github.atmosphererelay.relay.SetAsideMessage;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
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

	private static final Log logger = LogFactory.getLog(KafkaLane.class);

	/** How much is read ahead, besides what comes with one answer of the broker. */
	private static final int MAX_READY = 500;

	private static final long COMMIT_INTERVAL_NANOS = Duration.ofSeconds(10).toNanos();

	private static final long MAX_READY_BYTES = 1024 * 1024;

	private final Owner owner;

	private final GroupOptions group;

	private final KafkaLogLife life;

	private final int number;

	private final long token;

	private final KafkaRelaySettings settings;

	private final KafkaPositions positions;

	private final KafkaKeys keys;

	private final KafkaLaneProgress progress;

	private final long start;

	/** The epoch of the record before the start, if it is known. */
	private final Optional<Integer> startEpoch;

	/** The leader epochs of the records that were read. */
	private final KafkaLogEpochs epochs = new KafkaLogEpochs();

	private final Deque<Item> ready = new ArrayDeque<>();

	private long readyBytes;

	/** Why the reader cannot read, or {@code null} if it can. */
	private @Nullable Throwable failure;

	/** Whether the owner has found nothing to read. */
	private boolean idle;

	/** Whether the reader has to wait until messages are handled. */
	private boolean held;

	/** Where channels that are behind are read, or {@link #NOTHING}. */
	private long cursor = NOTHING;

	/** Where idempotency keys before the start are read, or {@link #NOTHING}. */
	private long lookBack = NOTHING;

	/** Whether the keys before the start are known, or need not be. */
	private boolean lookedBack;

	/** Commits that are not sent yet. */
	private List<CompletableFuture<@Nullable Void>> waiting = new ArrayList<>();

	/** Commits that the broker has not answered yet. */
	private List<CompletableFuture<@Nullable Void>> sent = new ArrayList<>();

	/** Whether the broker has not answered the last commit yet. */
	private boolean sending;

	/** Where the lane was, and when, at the last commit. */
	private long sentFrontier;

	private long sentAt = System.nanoTime();

	private int maxUnfinished = KafkaLaneCommit.MAX_UNFINISHED;

	private volatile boolean ended;

	KafkaLane(Owner owner, GroupOptions group, KafkaRelaySettings settings, KafkaLogLife life, int number,
			KafkaLaneCommit start, Optional<Integer> startEpoch) {
		this.owner = owner;
		this.group = group;
		this.settings = settings;
		this.life = life;
		this.number = number;
		this.token = start.token();
		this.positions = life.partitions()[number].positions();
		this.keys = new KafkaKeys(KafkaLogLife.maxKeys(life.partitions().length), () -> {
		});
		this.progress = new KafkaLaneProgress(start);
		this.start = start.base();
		this.startEpoch = startEpoch;
		this.sentFrontier = start.base();
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
		int epoch = this.epochs.at(offset - 1);
		if (epoch != KafkaLogEpochs.UNKNOWN) {
			return Optional.of(epoch);
		}
		return (offset == this.start) ? this.startEpoch : Optional.empty();
	}

	boolean isEnded() {
		return this.ended;
	}

	@Override
	public synchronized CompletableFuture<List<ChannelItem>> read(PageLimit limit) {
		if (this.ended) {
			return CompletableFuture.failedFuture(lost());
		}
		List<ChannelItem> items = new ArrayList<>();
		long bytes = 0;
		while (!this.ready.isEmpty() && items.size() < limit.publications() && bytes < limit.bytes()) {
			Item item = this.ready.remove();
			items.add(item.item());
			bytes += item.bytes();
		}
		boolean full = isFull();
		this.readyBytes -= bytes;
		this.idle = items.isEmpty();
		Throwable failure = this.failure;
		if (items.isEmpty() && failure != null) {
			return CompletableFuture.failedFuture(new RelayUnavailableException(KafkaRelay.NAME, failure));
		}
		if (full && !isFull()) {
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

	private boolean isFull() {
		return this.ready.size() >= MAX_READY || this.readyBytes >= MAX_READY_BYTES;
	}

	@Override
	public synchronized void pause(String channel, Position since) {
		KafkaPlace place = this.positions.place(since);
		if (place == null || channel.equals(ALL_CHANNELS)) {
			return;
		}
		this.ready.removeIf((item) -> {
			boolean comesAgain = item.item().channel().equals(channel) && item.offset() >= place.offset();
			this.readyBytes -= comesAgain ? item.bytes() : 0;
			return comesAgain;
		});
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
			this.cursor = (this.cursor == NOTHING) ? from : Math.min(this.cursor, from);
			this.owner.wakeReader();
		}
		this.progress.forgetIfDone(found);
	}

	@Override
	public CompletableFuture<@Nullable Void> commit(Map<String, Position> handled) {
		CompletableFuture<@Nullable Void> future = new CompletableFuture<>();
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
			this.waiting.add(future);
			if (this.held) {
				this.held = false;
				this.owner.wakeReader();
			}
		}
		return future;
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
	 * Return whether there is something to commit. Also if nothing was handled, the lane
	 * comes forward over what is not the group's: otherwise its offset would be before
	 * the beginning of the partition one day, as if messages had been missed.
	 * @param now the current {@code System.nanoTime()}
	 */
	synchronized boolean hasCommit(long now) {
		boolean moved = this.progress.frontier() > this.sentFrontier && now - this.sentAt >= COMMIT_INTERVAL_NANOS;
		return !this.sending && (moved || !this.waiting.isEmpty());
	}

	/**
	 * Return whether the broker has answered all commits that were sent.
	 */
	synchronized boolean canCommit() {
		return !this.sending && !this.ended;
	}

	/**
	 * Return what has to be committed now. {@link #commitEnded} has to follow.
	 */
	synchronized OffsetAndMetadata takeCommit() {
		this.sent = this.waiting;
		this.waiting = new ArrayList<>();
		this.sending = true;
		this.sentFrontier = this.progress.frontier();
		this.sentAt = System.nanoTime();
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
			answered = this.sent;
			this.sent = new ArrayList<>();
			this.sending = false;
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
		List<CompletableFuture<@Nullable Void>> failed = new ArrayList<>();
		synchronized (this) {
			if (this.ended) {
				return false;
			}
			this.ended = true;
			failed.addAll(this.waiting);
			failed.addAll(this.sent);
			this.waiting = new ArrayList<>();
			this.sent = new ArrayList<>();
			this.ready.clear();
			this.readyBytes = 0;
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
		return (this.ended || this.held || this.lookBack != NOTHING || isFull()) ? NOTHING : this.progress.frontier();
	}

	/**
	 * Return the offset of the next record that has to be read before or beside those at
	 * {@link #wanted()}.
	 * @return an offset, or {@link #NOTHING} if there is none
	 */
	synchronized long wantedBehind() {
		if (this.ended || isFull()) {
			return NOTHING;
		}
		if (this.lookBack != NOTHING) {
			return this.lookBack;
		}
		if (this.cursor != NOTHING && this.cursor >= this.progress.frontier()) {
			caughtUp();
		}
		if (this.cursor != NOTHING && this.progress.channels().stream().noneMatch(KafkaLaneChannel::isBehind)) {
			// They were paused again
			this.cursor = NOTHING;
		}
		return this.cursor;
	}

	private void caughtUp() {
		this.cursor = NOTHING;
		this.progress.caughtUp();
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
		long keysSince = NOTHING;
		synchronized (this) {
			if (this.ended) {
				return NOTHING;
			}
			boolean empty = this.ready.isEmpty();
			if (from == this.lookBack) {
				lookBack(records, after);
			}
			else if (from == this.cursor && from != this.progress.frontier()) {
				readAgain(records, after);
			}
			else if (from == this.progress.frontier()) {
				keysSince = readOn(records, after);
			}
			available = this.idle && empty && !this.ready.isEmpty();
			this.idle &= !available;
		}
		if (available) {
			this.owner.available(this);
		}
		return keysSince;
	}

	private void lookBack(List<ConsumerRecord<byte[], byte[]>> records, long after) {
		for (ConsumerRecord<byte[], byte[]> record : records) {
			KafkaLogEntry entry = (record.offset() < this.start) ? entry(record, decode(record)) : null;
			String key = (entry != null) ? entry.options().idempotencyKey() : null;
			if (entry != null && key != null) {
				this.keys.add(entry, key);
			}
		}
		this.lookBack = (after < this.start) ? after : NOTHING;
	}

	private long readOn(List<ConsumerRecord<byte[], byte[]>> records, long after) {
		for (ConsumerRecord<byte[], byte[]> record : records) {
			long offset = record.offset();
			record.leaderEpoch().ifPresent((epoch) -> this.epochs.add(offset, epoch));
			Envelope envelope = decode(record);
			KafkaLogEntry entry = entry(record, envelope);
			if (entry != null && envelope != null) {
				String channel = ((Address.Channel) envelope.address()).channel();
				String key = entry.options().idempotencyKey();
				if (key != null && !this.lookedBack) {
					return entry.timestamp() - Math.max(this.settings.idempotencyWindow().toMillis(),
							entry.options().idempotencyWindow().toMillis());
				}
				if (!this.progress.hasRoomFor(channel)) {
					this.held = true;
					return NOTHING;
				}
				if (key != null && this.keys.add(entry, key).offset() != offset) {
					duplicate(offset);
				}
				else if (!this.progress.wasHandled(entry.hash(), offset)
						&& this.progress.channelOf(channel, entry.hash()).read(offset)) {
					add(entry, envelope, channel);
				}
			}
			this.progress.frontier(offset + 1);
		}
		this.progress.frontier(after);
		return NOTHING;
	}

	private void duplicate(long offset) {
		if (!this.progress.duplicate(offset)) {
			logger.warn("The group '" + this.group.name() + "' stands still in partition " + this.number
					+ " behind so many repeated messages that it has forgotten the oldest. They may be handled twice");
		}
	}

	private void readAgain(List<ConsumerRecord<byte[], byte[]>> records, long after) {
		for (ConsumerRecord<byte[], byte[]> record : records) {
			if (record.offset() >= this.progress.frontier()) {
				caughtUp();
				return;
			}
			Envelope envelope = decode(record);
			KafkaLogEntry entry = entry(record, envelope);
			if (entry != null && envelope != null && !this.progress.isDuplicate(record.offset())) {
				String name = ((Address.Channel) envelope.address()).channel();
				KafkaLaneChannel channel = this.progress.channel(name);
				if (channel != null && !this.progress.wasHandled(entry.hash(), record.offset())
						&& channel.readAgain(record.offset())) {
					add(entry, envelope, name);
				}
			}
		}
		this.cursor = after;
	}

	private void add(KafkaLogEntry entry, Envelope envelope, String channel) {
		Publication publication = Publication.of(envelope, channel, this.positions.position(entry.place()));
		this.ready.add(new Item(publication, entry.offset(), entry.bytes()));
		this.readyBytes += entry.bytes();
	}

	private @Nullable Envelope decode(ConsumerRecord<byte[], byte[]> record) {
		byte @Nullable [] value = record.value();
		byte @Nullable [] key = record.key();
		if (value == null || key == null || KafkaTopic.partition(key, this.life.partitions().length) != this.number) {
			return null;
		}
		try {
			Envelope envelope = this.settings.codec().decode(value);
			boolean covered = envelope.address() instanceof Address.Channel address
					&& this.group.channels().test(address.channel());
			return covered ? envelope : null;
		}
		catch (WireFormatException ex) {
			// The receiver counts such records
			logger.debug("Passed over a record of the log", ex);
			return null;
		}
	}

	private static @Nullable KafkaLogEntry entry(ConsumerRecord<byte[], byte[]> record, @Nullable Envelope envelope) {
		try {
			return (envelope != null) ? KafkaLogEntry.of(record, envelope) : null;
		}
		catch (WireFormatException ex) {
			logger.debug("Passed over a record of the log", ex);
			return null;
		}
	}

	/**
	 * Read idempotency keys before the start.
	 * @param from the offset of the first record that may have one
	 */
	synchronized void lookBack(long from) {
		this.lookedBack = true;
		this.lookBack = (from < this.start) ? from : NOTHING;
	}

	/**
	 * Note that the partition no longer has what was to be read.
	 * @param begin the offset of its first record
	 */
	void trimmed(long begin) {
		report(Discontinuity.Reason.LOG_TRIMMED, begin, () -> {
			boolean missing = this.progress.frontier() < begin;
			for (KafkaLaneChannel channel : this.progress.channels()) {
				if (channel.trimmed(begin)) {
					add(new Discontinuity(channel.name(), Discontinuity.Reason.LOG_TRIMMED, Discontinuity.UNKNOWN,
							position(begin)), begin - 1);
				}
			}
			this.progress.trimmed(begin);
			this.cursor = (this.cursor != NOTHING) ? Math.max(this.cursor, begin) : NOTHING;
			this.lookBack = (this.lookBack != NOTHING && begin < this.start) ? Math.max(this.lookBack, begin) : NOTHING;
			return missing;
		});
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
		if (end()) {
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
				add(new Discontinuity(ALL_CHANNELS, reason, Discontinuity.UNKNOWN, position(offset)), offset - 1);
			}
			available = this.idle && !this.ready.isEmpty();
			this.idle &= !available;
		}
		if (available) {
			this.owner.available(this);
		}
	}

	private void add(Discontinuity discontinuity, long offset) {
		this.ready.add(new Item(discontinuity, offset, 0));
	}

	private Position position(long offset) {
		return this.positions.position(new KafkaPlace(0, offset));
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

		/** Look up the end of the lane's partition. */
		CompletableFuture<Long> end(KafkaLane lane);

	}

	/**
	 * An item that waits for its owner.
	 */
	private record Item(ChannelItem item, long offset, int bytes) {
	}

}
