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

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

import io.github.atmosphererelay.message.Position;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * One partition of the log as this node has read it: the next offset, the latest records
 * of all channels, and the idempotency keys. Written by the receiver's thread, and by the
 * connector's worker while there is no receiver; read by any thread. Guarded by its own
 * monitor.
 */
final class KafkaLogPartition {

	/** The maximum number of records in memory. */
	static final int MAX_RECORDS = 4096;

	/** The maximum size of the values in memory. */
	static final int MAX_BYTES = 2 * 1024 * 1024;

	/** No record has to be compared with the leader's. */
	static final long VERIFIED = -1;

	/** The leader does not have all records that this node has read. */
	static final long DIVERGED = -2;

	private static final Log logger = LogFactory.getLog(KafkaLogPartition.class);

	private final int number;

	private final KafkaPositions positions;

	private final Duration idempotencyWindow;

	private final KafkaKeys keys;

	private final KafkaLogIndex index;

	private final KafkaLogCuts cuts;

	/** The latest records in the order of the log, without duplicates. */
	private final Deque<KafkaLogEntry> ring = new ArrayDeque<>();

	private final List<Waiter> waiting = new ArrayList<>();

	/** The leader epochs of the records that this node has read. */
	private final KafkaLogEpochs epochs = new KafkaLogEpochs();

	/** The size of the values in {@link #ring}. */
	private int bytes;

	/** The ring contains all records from this offset on ... */
	private long begin;

	/** ... and before this one. */
	private long end;

	/** The offset before which everything has been delivered to the listener. */
	private volatile long next;

	/** The offset of the first record that was appended after this node's start. */
	private volatile long live;

	/**
	 * The offset of the record that could not be delivered. Only used by the receiver's
	 * thread.
	 */
	private long failedAt = -1;

	private int failures;

	/** The offset from which on records were received without a gap. */
	private long received;

	/**
	 * Records before this time, in milliseconds since 1970, are not kept in memory: this
	 * node may not have read the earlier records that decide whether they are duplicates.
	 */
	private @Nullable Long trustedSince;

	/**
	 * The leader epoch of a position if the epoch of the record before it is not known.
	 */
	private int fallbackEpoch;

	/**
	 * Whether the record before {@link #next} has to be received again, to check that the
	 * log still contains it.
	 */
	private boolean checking;

	/** The leader epoch of the record whose predecessor was checked. */
	private int checkedFor = KafkaLogEpochs.UNKNOWN;

	/**
	 * The greatest leader epoch whose leader is known to have all records that were read.
	 */
	private int verified = KafkaLogEpochs.UNKNOWN;

	/**
	 * Whether the broker's records are known to differ from those that were read.
	 */
	private boolean diverged;

	/** How many times reading was restarted at another offset. */
	private volatile long restarts;

	/**
	 * Create a partition of which nothing has been read.
	 * @param number the partition's number
	 * @param positions converts its offsets to positions
	 * @param start the offset at which reading starts
	 * @param live the offset from which on records are delivered
	 * @param range the offsets that the broker holds
	 * @param idempotencyWindow the longest idempotency window
	 * @param maxKeys the maximum number of keys
	 * @param maxChannels the maximum number of channels in the index
	 * @param whenKeyForgotten called for each key that is forgotten within its window
	 */
	KafkaLogPartition(int number, KafkaPositions positions, long start, long live, KafkaOffsets.Range range,
			Duration idempotencyWindow, int maxKeys, int maxChannels, Runnable whenKeyForgotten) {
		this.number = number;
		this.positions = positions;
		this.idempotencyWindow = idempotencyWindow;
		this.keys = new KafkaKeys(maxKeys, whenKeyForgotten);
		this.index = new KafkaLogIndex(maxChannels, start);
		this.cuts = new KafkaLogCuts(range.leaderEpoch(), live);
		this.begin = start;
		this.end = start;
		this.next = start;
		this.received = start;
		this.live = live;
		this.fallbackEpoch = range.leaderEpoch();
		// True if there are no records before the start that anybody could read.
		this.trustedSince = (start == range.begin()) ? Long.MIN_VALUE : null;
	}

	int number() {
		return this.number;
	}

	KafkaPositions positions() {
		return this.positions;
	}

	KafkaLogIndex index() {
		return this.index;
	}

	KafkaLogCuts cuts() {
		return this.cuts;
	}

	/**
	 * Return the position at an offset up to which this node has read. It contains the
	 * leader epoch of the record before it, or the current leader's epoch if that record
	 * was not read.
	 * @param offset the offset of the record after the position
	 * @return the position
	 */
	synchronized Position position(long offset) {
		int epoch = this.epochs.at(offset - 1);
		return this.positions
			.position(new KafkaPlace((epoch != KafkaLogEpochs.UNKNOWN) ? epoch : this.fallbackEpoch, offset));
	}

	/**
	 * Return how far the node has read.
	 * @return the offset before which everything has been delivered to the listener
	 */
	long next() {
		return this.next;
	}

	/**
	 * Return the offset at which a receiver starts: the next record, or the one before it
	 * if that has to be checked.
	 * @return an offset
	 */
	synchronized long start() {
		return this.checking ? this.next - 1 : this.next;
	}

	boolean isLive(long offset) {
		return offset >= this.live;
	}

	boolean isWarm() {
		return this.next >= this.live;
	}

	synchronized long begin() {
		return this.begin;
	}

	/**
	 * Decide what to do with a record that was received.
	 * @param offset the record's offset
	 * @param epoch its leader epoch
	 * @return what to do
	 */
	synchronized Step arrived(long offset, int epoch) {
		if (this.diverged) {
			return Step.PASS;
		}
		if (offset < this.next) {
			if (this.checking && offset == this.next - 1) {
				this.checking = false;
				this.diverged = this.epochs.at(offset) != epoch;
			}
			return this.diverged ? Step.DIVERGED : Step.PASS;
		}
		int last = this.epochs.at(this.next - 1);
		if (this.checking) {
			// The record before this one is gone, so it cannot be compared any more.
			forgetEpochs();
		}
		else if (last != KafkaLogEpochs.UNKNOWN && epoch > last && epoch != this.checkedFor) {
			// There was an election since then, which may have been unclean.
			this.checking = true;
			this.checkedFor = epoch;
			return Step.GO_BACK;
		}
		if (!this.epochs.add(offset, epoch)) {
			this.diverged = true;
			return Step.DIVERGED;
		}
		this.cuts.read(offset, epoch);
		return Step.TAKE;
	}

	private void forgetEpochs() {
		this.checking = false;
		this.checkedFor = KafkaLogEpochs.UNKNOWN;
		this.epochs.clear();
		this.received = this.next;
	}

	/**
	 * Note that the broker's records differ from those that were read.
	 */
	synchronized void diverged() {
		this.diverged = true;
	}

	/**
	 * Return whether the broker's records differ from those that were read.
	 * @param range the offsets that the broker holds now
	 * @return whether they differ, or some are missing
	 */
	synchronized boolean isDiverged(KafkaOffsets.Range range) {
		return this.diverged || range.end() < this.next;
	}

	synchronized boolean isDiverged() {
		return this.diverged;
	}

	/**
	 * Return whether a record that the broker has is the one that was read.
	 * @param record the broker's record
	 * @return whether it has the same leader epoch
	 */
	synchronized boolean isSame(KafkaLogReader.Mark record) {
		return this.epochs.at(record.offset()) == record.leaderEpoch();
	}

	/**
	 * Return the range of the records that were read and may still be in the log.
	 * @param range the offsets that the broker holds now
	 * @return from the first one to the one before the next
	 */
	synchronized KafkaLogIndex.Part readOf(KafkaOffsets.Range range) {
		return new KafkaLogIndex.Part(Math.max(this.received, range.begin()), Math.min(this.next, range.end()));
	}

	/**
	 * Continue after a time without a receiver, if the broker's log has not diverged.
	 * @param range the offsets that the broker holds now
	 * @return whether records were lost
	 */
	synchronized boolean resume(KafkaOffsets.Range range) {
		this.checkedFor = KafkaLogEpochs.UNKNOWN;
		if (this.next >= range.begin()) {
			this.checking = this.next > range.begin() && this.epochs.at(this.next - 1) != KafkaLogEpochs.UNKNOWN;
			if (this.next == range.begin() && this.next > 0) {
				forgetEpochs();
			}
			return false;
		}
		forgetEpochs();
		restart(range.begin(), range);
		return true;
	}

	/**
	 * Continue from the offset at which the broker's records start to differ from those
	 * that were read. After an unclean election other records have these offsets.
	 * @param offset the offset of the first record that differs
	 * @param range the offsets that the broker holds now
	 */
	synchronized void truncate(long offset, KafkaOffsets.Range range) {
		this.cuts.found(offset, cut(offset));
		this.keys.removeFrom(offset);
		this.live = Math.min(this.live, offset);
		this.epochs.removeFrom(offset);
		this.diverged = false;
		this.checking = false;
		this.checkedFor = KafkaLogEpochs.UNKNOWN;
		restart(offset, range);
	}

	/**
	 * Return the range of records from an offset on that this node had read.
	 */
	private @Nullable KafkaLogCut cut(long offset) {
		int known = this.epochs.at(this.next - 1);
		int epoch = (known != KafkaLogEpochs.UNKNOWN) ? known : this.cuts.lastEpoch();
		if (offset >= this.next || epoch == KafkaLogEpochs.UNKNOWN) {
			return null;
		}
		Map<Long, Long> channels = this.index.receivedFrom(offset);
		for (KafkaLogEntry entry : this.ring) {
			if (channels != null && entry.offset() >= offset) {
				channels.merge(entry.hash(), entry.offset(), Math::max);
			}
		}
		return new KafkaLogCut(epoch, offset, this.next, channels);
	}

	/**
	 * Return how many times reading was restarted at another offset, because the records
	 * that were read are gone or have been replaced. A read that combines records of the
	 * broker with those in memory compares this number before and after.
	 * @return a number that never decreases
	 */
	long restarts() {
		return this.restarts;
	}

	private void restart(long start, KafkaOffsets.Range range) {
		this.restarts++;
		this.ring.clear();
		this.bytes = 0;
		this.begin = start;
		this.end = start;
		this.next = start;
		this.received = Math.max(Math.min(this.received, start), range.begin());
		this.fallbackEpoch = range.leaderEpoch();
		this.index.reset(start);
	}

	/**
	 * Note the offsets that the broker has reported.
	 * @param range the offsets that the broker holds
	 */
	synchronized void heard(KafkaOffsets.Range range) {
		if (this.epochs.at(this.next - 1) == KafkaLogEpochs.UNKNOWN) {
			this.fallbackEpoch = range.leaderEpoch();
		}
	}

	/**
	 * Return which record has to be compared with the leader's before records in memory
	 * can be returned. That is necessary once after each election.
	 * @param range the offsets that the leader holds
	 * @return the offset of the record to compare, {@link #VERIFIED} if none has to be
	 * compared, or {@link #DIVERGED} if the leader does not have all records that were
	 * read
	 */
	synchronized long toVerify(KafkaOffsets.Range range) {
		if (this.diverged) {
			return DIVERGED;
		}
		int last = this.epochs.at(this.next - 1);
		if (last == KafkaLogEpochs.UNKNOWN || last >= range.leaderEpoch() || this.verified >= range.leaderEpoch()) {
			// The last record was appended by this leader, or was compared before.
			return VERIFIED;
		}
		if (range.end() < this.next) {
			// A record that is newer than the answer would have this leader's epoch.
			this.diverged = true;
			return DIVERGED;
		}
		if (range.begin() >= this.next) {
			forgetEpochs();
			return VERIFIED;
		}
		return this.next - 1;
	}

	/**
	 * Note the result of a comparison.
	 * @param offset the offset of the record that was compared
	 * @param record the broker's record at that offset or after it, or {@code null} if
	 * there is none
	 * @param leaderEpoch the leader epoch when the comparison was found to be necessary
	 * @return whether the leader has all records that were read
	 */
	synchronized boolean verify(long offset, KafkaLogReader.@Nullable Mark record, int leaderEpoch) {
		if (record == null || record.offset() != offset) {
			// The record has just expired, so it cannot be compared any more.
			forgetEpochs();
			return true;
		}
		int known = this.epochs.at(offset);
		if (known != KafkaLogEpochs.UNKNOWN && known != record.leaderEpoch()) {
			this.diverged = true;
			return false;
		}
		this.verified = Math.max(this.verified, leaderEpoch);
		return true;
	}

	/**
	 * Return whether the log still contains everything that preceded a place when the
	 * place was handed out.
	 * @param place the place
	 * @param range the offsets that the leader holds
	 * @return the answer, or {@code null} if records have to be looked up first
	 */
	synchronized @Nullable Boolean has(KafkaPlace place, KafkaOffsets.Range range) {
		long offset = place.offset();
		if (offset < range.begin() || offset > this.end) {
			return false;
		}
		if (offset == 0) {
			return true;
		}
		int before = this.epochs.at(offset - 1);
		int after = this.epochs.at(offset);
		int epoch = place.leaderEpoch();
		// A position does not distinguish an unknown epoch from epoch 0.
		int leaderEpoch = Math.max(0, range.leaderEpoch());
		if (before == epoch || after == epoch || (offset == this.end && epoch == leaderEpoch)) {
			return true;
		}
		boolean readableBefore = before == KafkaLogEpochs.UNKNOWN && offset > range.begin();
		boolean readableAfter = after == KafkaLogEpochs.UNKNOWN && offset < this.end
				&& (before == KafkaLogEpochs.UNKNOWN || epoch > before);
		return (readableBefore || readableAfter) ? null : false;
	}

	/**
	 * Add the leader epochs of records that were looked up.
	 * @param records the records
	 */
	synchronized void learn(List<KafkaLogReader.Mark> records) {
		for (KafkaLogReader.Mark record : records) {
			if (!this.epochs.add(record.offset(), record.leaderEpoch())) {
				logger.debug("Record " + record.offset() + " of partition " + this.number
						+ " of the log is of another leader epoch than those around it");
			}
		}
	}

	/**
	 * Add a record that contains an envelope.
	 * @param entry the next record of the partition
	 * @return the first record with its idempotency key, which is this one unless it is a
	 * duplicate; or {@code null} if it has no key
	 */
	synchronized KafkaKeys.@Nullable First add(KafkaLogEntry entry) {
		String key = entry.options().idempotencyKey();
		KafkaKeys.First first = (key != null) ? this.keys.add(entry, key) : null;
		if (entry.offset() < this.end) {
			// The record was added before, but the listener has failed.
			return first;
		}
		if (this.trustedSince == null) {
			this.trustedSince = entry.timestamp() + this.idempotencyWindow.toMillis();
		}
		if (entry.timestamp() < this.trustedSince && !isLive(entry.offset())) {
			this.index.add(entry.hash(), entry.offset());
			this.begin = entry.offset() + 1;
		}
		else if (first == null || first.offset() == entry.offset()) {
			KafkaLogEntry newest = this.ring.peekLast();
			if (newest == null || newest.offset() < entry.offset()) {
				this.ring.add(entry);
				this.bytes += entry.bytes();
			}
			trim();
		}
		else {
			this.index.add(entry.hash(), entry.offset());
		}
		// Last, so that a record is added again from the start if memory runs out.
		this.end = entry.offset() + 1;
		return first;
	}

	private void trim() {
		while (this.ring.size() > MAX_RECORDS || this.bytes > MAX_BYTES) {
			KafkaLogEntry oldest = this.ring.element();
			// First, because it allocates memory: a record that is neither in the ring
			// nor in the index would never be found again.
			this.index.add(oldest.hash(), oldest.offset());
			this.ring.remove();
			this.bytes -= oldest.bytes();
			this.begin = oldest.offset() + 1;
		}
	}

	/**
	 * Skip a record that contains no envelope of a recorded channel.
	 * @param offset its offset
	 * @param key its key
	 */
	synchronized void skip(long offset, byte @Nullable [] key) {
		this.index.add(KafkaLogIndex.hash(key), offset);
		this.end = offset + 1;
	}

	/**
	 * Skip a record that could not be delivered, and leave it to reads of the log. Reads
	 * past it have to ask the broker, so the records in memory start after it.
	 * @param offset its offset
	 * @param key its key
	 */
	synchronized void giveUp(long offset, byte @Nullable [] key) {
		if (offset < this.end) {
			return;
		}
		try {
			for (KafkaLogEntry entry : this.ring) {
				this.index.add(entry.hash(), entry.offset());
			}
			this.index.add(KafkaLogIndex.hash(key), offset);
		}
		catch (Throwable ex) {
			this.index.forgetBefore(offset + 1);
			throw ex;
		}
		finally {
			this.ring.clear();
			this.bytes = 0;
			this.begin = offset + 1;
			this.end = offset + 1;
		}
	}

	/**
	 * Note that the receiver has processed everything before an offset. Kafka never hands
	 * out what is between the last record and that offset, such as the marker that ends a
	 * transaction.
	 * @param offset the offset
	 */
	synchronized void passed(long offset) {
		if (this.diverged || offset <= this.next) {
			return;
		}
		if (this.checking) {
			// The record that was to be received again is gone.
			forgetEpochs();
		}
		this.end = Math.max(this.end, offset);
		this.next = offset;
	}

	/**
	 * Note that a record could not be delivered to the listener.
	 * @param offset its offset
	 * @return how many times its delivery has failed
	 */
	int failed(long offset) {
		this.failures = (offset == this.failedAt) ? this.failures + 1 : 1;
		this.failedAt = offset;
		return this.failures;
	}

	/**
	 * Note that a record has been delivered to the listener, or need not be.
	 * @param offset its offset
	 */
	void delivered(long offset) {
		this.next = offset + 1;
	}

	/**
	 * Complete the futures of those that wait for an offset that has been reached.
	 */
	void progressed() {
		List<Waiter> done = new ArrayList<>();
		synchronized (this) {
			if (this.waiting.isEmpty()) {
				return;
			}
			long next = this.next;
			Iterator<Waiter> iterator = this.waiting.iterator();
			while (iterator.hasNext()) {
				Waiter waiter = iterator.next();
				if (waiter.offset() <= next) {
					done.add(waiter);
					iterator.remove();
				}
			}
		}
		done.forEach((waiter) -> waiter.future().complete(null));
	}

	/**
	 * Return a future that completes when everything before an offset has been delivered
	 * to the listener.
	 * @param offset the offset
	 * @param deadline after which the caller no longer waits, in {@code
	 * System.nanoTime()}
	 * @return completes then; never completes if the deadline passes first
	 */
	CompletableFuture<@Nullable Void> reached(long offset, long deadline) {
		Waiter waiter = new Waiter(offset, deadline, new CompletableFuture<>());
		synchronized (this) {
			if (this.next < offset) {
				this.waiting.add(waiter);
				return waiter.future();
			}
		}
		waiter.future().complete(null);
		return waiter.future();
	}

	/**
	 * Remove the futures whose deadline has passed.
	 */
	synchronized void giveUp() {
		long now = System.nanoTime();
		this.waiting.removeIf((waiter) -> now - waiter.deadline() >= 0);
	}

	synchronized KafkaKeys.@Nullable First find(String address, String key, long now) {
		return this.keys.find(address, key, now);
	}

	/**
	 * Return a channel's records that are in memory.
	 * @param address the address of a channel
	 * @param from the first offset
	 * @param to the offset after the last one
	 * @return the channel's records in the range
	 */
	synchronized Slice slice(String address, long from, long to) {
		List<KafkaLogEntry> entries = new ArrayList<>();
		Iterator<KafkaLogEntry> latest = this.ring.descendingIterator();
		while (latest.hasNext()) {
			KafkaLogEntry entry = latest.next();
			if (entry.offset() < from) {
				break;
			}
			if (entry.offset() < Math.min(to, this.end) && entry.address().equals(address)) {
				entries.add(entry);
			}
		}
		Collections.reverse(entries);
		KafkaLogEntry oldest = this.ring.peek();
		return new Slice(entries, this.begin, this.end, (oldest != null) ? oldest.timestamp() : Long.MAX_VALUE);
	}

	/**
	 * The records of a channel that are in memory.
	 *
	 * @param entries the channel's records in the order of the log
	 * @param begin the offset from which on all records were searched
	 * @param end the offset before which all records were searched
	 * @param oldest the timestamp of the oldest record of any channel
	 */
	record Slice(List<KafkaLogEntry> entries, long begin, long end, long oldest) {

		/**
		 * Return whether older records of the channel must have expired.
		 */
		boolean reachesRetention(long now) {
			return !this.entries.isEmpty() && now - this.oldest >= newest().options().retention().toMillis();
		}

		/**
		 * Return whether there are as many records as the channel's history keeps, so
		 * that older ones do not matter.
		 */
		boolean reachesSize() {
			return !this.entries.isEmpty() && this.entries.size() >= newest().options().size();
		}

		private KafkaLogEntry newest() {
			return this.entries.get(this.entries.size() - 1);

		}

	}

	/**
	 * What to do with a record that was received.
	 */
	enum Step {

		/** Process the record: it is the next one. */
		TAKE,

		/** Ignore the record: it was read before, or cannot be processed now. */
		PASS,

		/** Receive again from {@link KafkaLogPartition#start()}. */
		GO_BACK,

		/** Ignore the record: the log differs from what was read. */
		DIVERGED

	}

	/**
	 * A future that waits for an offset.
	 */
	private record Waiter(long offset, long deadline, CompletableFuture<@Nullable Void> future) {
	}

}
