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
 * One partition of the log as this node has read it: how far, its latest records over all
 * channels, and its idempotency keys. Written by the receiver's thread, and by the
 * connector's while no receiver is at work; read by any. Guarded by itself.
 */
final class KafkaLogPartition {

	/** How many records are kept at hand. */
	static final int MAX_RECORDS = 4096;

	/** How many bytes of values are kept at hand. */
	static final int MAX_BYTES = 2 * 1024 * 1024;

	/** No record has to be compared. */
	static final long VERIFIED = -1;

	/** The leader does not have what was read. */
	static final long DIVERGED = -2;

	private static final Log logger = LogFactory.getLog(KafkaLogPartition.class);

	private final int number;

	private final KafkaPositions positions;

	private final Duration idempotencyWindow;

	private final KafkaKeys keys;

	private final KafkaLogIndex index;

	private final KafkaLogCuts cuts;

	/** The latest records in the order of the log, without doubles. */
	private final Deque<KafkaLogEntry> ring = new ArrayDeque<>();

	private final List<Waiter> waiting = new ArrayList<>();

	/** The leader epochs of the records of the log that this node reads. */
	private final KafkaLogEpochs epochs = new KafkaLogEpochs();

	/** The size of the values in {@link #ring}. */
	private int bytes;

	/** The ring has everything from this offset on ... */
	private long begin;

	/** ... and before this one. */
	private long end;

	/** The offset before which everything has been handed to the listener. */
	private volatile long next;

	/** Where the records begin that were appended after this node had started. */
	private volatile long live;

	/** The record that could not be delivered, for the receiver's thread alone. */
	private long failedAt = -1;

	private int failures;

	/** The offset from which on records were received without a hole. */
	private long received;

	/**
	 * Records before this time are not kept, because those that decide whether they are
	 * doubles may not have been read.
	 */
	private @Nullable Long trustedSince;

	/** What a position is given if the record before it is not known. */
	private int fallbackEpoch;

	/**
	 * Whether the record before the next is to be read again, to see that the log still
	 * has it.
	 */
	private boolean checking;

	/** The epoch of a record whose predecessor was checked. */
	private int checkedFor = KafkaLogEpochs.UNKNOWN;

	/** The greatest leader epoch whose log is known to have all that was read. */
	private int verified = KafkaLogEpochs.UNKNOWN;

	/**
	 * Whether the broker's log is known to have other records than those that were read.
	 */
	private boolean diverged;

	/** How often the partition was begun anew elsewhere. */
	private volatile long restarts;

	/**
	 * Create a partition that nothing was read of.
	 * @param number its number
	 * @param positions its positions
	 * @param start where reading begins
	 * @param live from where on records are delivered
	 * @param range what the broker holds
	 * @param idempotencyWindow for how long a key matters
	 * @param maxKeys how many keys are kept
	 * @param maxChannels how many channels are known by where their records are
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
		// If nothing before the start can be read by anybody.
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
	 * Return the position of an offset up to which this node has read. It bears the
	 * leader epoch of the record before it or, where nothing was read yet, that of the
	 * leader.
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
	 * @return the offset before which everything has been handed to the listener
	 */
	long next() {
		return this.next;
	}

	/**
	 * Return where a receiver begins: with the next record, or one before that if it has
	 * to be checked.
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
			// The record before is gone, and nobody can tell whether it was another one.
			forgetEpochs();
		}
		else if (last != KafkaLogEpochs.UNKNOWN && epoch > last && epoch != this.checkedFor) {
			// After an election, that may have been an unclean one.
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
	 * Take note that the broker's log has other records than those that were read.
	 */
	synchronized void diverged() {
		this.diverged = true;
	}

	/**
	 * Return whether the broker's log has other records than those that were read.
	 * @param range what the partition holds now
	 * @return whether it has, or fewer
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
	 * @return whether it is
	 */
	synchronized boolean isSame(KafkaLogReader.Mark record) {
		return this.epochs.at(record.offset()) == record.leaderEpoch();
	}

	/**
	 * Return which of the records that were read may still be in the log.
	 * @param range what the partition holds now
	 * @return from the first one to the one before the next
	 */
	synchronized KafkaLogIndex.Part readOf(KafkaOffsets.Range range) {
		return new KafkaLogIndex.Part(Math.max(this.received, range.begin()), Math.min(this.next, range.end()));
	}

	/**
	 * Continue after the receiver was away, if the broker's log has not diverged.
	 * @param range what the partition holds now
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
	 * Continue where the broker's log has begun to differ from the records that were
	 * read: after an unclean election other records have the offsets of those.
	 * @param offset the offset of the first record that differs
	 * @param range what the partition holds now
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
	 * Return what was read from an offset on.
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
	 * Return how often the partition was begun anew at another record, because those that
	 * were read are gone or are others now. Whoever takes some from the broker and some
	 * from those at hand compares it.
	 * @return a number that grows
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
	 * Take note of what the broker has said.
	 * @param range what the partition holds
	 */
	synchronized void heard(KafkaOffsets.Range range) {
		if (this.epochs.at(this.next - 1) == KafkaLogEpochs.UNKNOWN) {
			this.fallbackEpoch = range.leaderEpoch();
		}
	}

	/**
	 * Return what has to be looked at before records that were read are given away as
	 * those that the leader has. That is so once after each election.
	 * @param range what the partition holds, as its leader says
	 * @return the offset of the record to compare, {@code -1} if none has to be compared,
	 * or {@code -2} if the leader does not have all that was read
	 */
	synchronized long toVerify(KafkaOffsets.Range range) {
		if (this.diverged) {
			return DIVERGED;
		}
		int last = this.epochs.at(this.next - 1);
		if (last == KafkaLogEpochs.UNKNOWN || last >= range.leaderEpoch() || this.verified >= range.leaderEpoch()) {
			// What was read last is this leader's, or was compared.
			return VERIFIED;
		}
		if (range.end() < this.next) {
			// What is newer than the answer would be of this leader's epoch.
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
	 * Take note of a comparison.
	 * @param offset the offset of the record that was compared
	 * @param record what the broker has there or after it, or {@code null} if there is
	 * none
	 * @param leaderEpoch the leader's epoch when that was found to be necessary
	 * @return whether the leader has all that was read
	 */
	synchronized boolean verify(long offset, KafkaLogReader.@Nullable Mark record, int leaderEpoch) {
		if (record == null || record.offset() != offset) {
			// It has just expired, and nobody can tell whether it was the one that was
			// read.
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
	 * Return whether the log has everything that was before a place when it was given
	 * away.
	 * @param place the place
	 * @param range what the partition holds, as its leader says
	 * @return whether it has, or {@code null} if that has to be looked up
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
		// A position cannot tell that there was no epoch.
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
	 * Take note of records that were looked up.
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
	 * Take a record that is an envelope.
	 * @param entry the record, the next of the partition
	 * @return the first record with its idempotency key, which may be this one, or
	 * {@code null} if it has none
	 */
	synchronized KafkaKeys.@Nullable First add(KafkaLogEntry entry) {
		String key = entry.options().idempotencyKey();
		KafkaKeys.First first = (key != null) ? this.keys.add(entry, key) : null;
		if (entry.offset() < this.end) {
			// Once more, because the listener has failed on it.
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
		// Last, so that a record at which memory runs out is taken again from the start.
		this.end = entry.offset() + 1;
		return first;
	}

	private void trim() {
		while (this.ring.size() > MAX_RECORDS || this.bytes > MAX_BYTES) {
			KafkaLogEntry oldest = this.ring.element();
			// First, because it needs memory: what is in neither is never found again.
			this.index.add(oldest.hash(), oldest.offset());
			this.ring.remove();
			this.bytes -= oldest.bytes();
			this.begin = oldest.offset() + 1;
		}
	}

	/**
	 * Pass over a record that is no envelope.
	 * @param offset its offset
	 * @param key its key
	 */
	synchronized void skip(long offset, byte @Nullable [] key) {
		this.index.add(KafkaLogIndex.hash(key), offset);
		this.end = offset + 1;
	}

	/**
	 * Leave a record to those who read the log, because it could not be delivered. Who
	 * reads past it has to ask the broker: so the records at hand begin after it.
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
	 * Take note that the receiver has passed everything before an offset. What is between
	 * the last record and there is never handed out, such as the marker that ends a
	 * transaction.
	 * @param offset the offset
	 */
	synchronized void passed(long offset) {
		if (this.diverged || offset <= this.next) {
			return;
		}
		if (this.checking) {
			// The record that was to be read again is gone.
			forgetEpochs();
		}
		this.end = Math.max(this.end, offset);
		this.next = offset;
	}

	/**
	 * A record could not be handed to the listener.
	 * @param offset its offset
	 * @return how often
	 */
	int failed(long offset) {
		this.failures = (offset == this.failedAt) ? this.failures + 1 : 1;
		this.failedAt = offset;
		return this.failures;
	}

	/**
	 * A record has been handed to the listener, or needed not to be.
	 * @param offset its offset
	 */
	void delivered(long offset) {
		this.next = offset + 1;
	}

	/**
	 * Tell those who wait how far reading has come.
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
	 * Wait until everything before an offset has been handed to the listener.
	 * @param offset the offset
	 * @param deadline after which nobody waits any more
	 * @return completes then, or never
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
	 * Forget those whose time is over.
	 */
	synchronized void giveUp() {
		long now = System.nanoTime();
		this.waiting.removeIf((waiter) -> now - waiter.deadline() >= 0);
	}

	synchronized KafkaKeys.@Nullable First find(String address, String key, long now) {
		return this.keys.find(address, key, now);
	}

	/**
	 * Look into the latest records.
	 * @param address the address of a channel
	 * @param from the first offset
	 * @param to the offset after the last one
	 * @return the channel's records among them
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
	 * What a channel has in the latest records.
	 *
	 * @param entries its records in the order of the log
	 * @param begin the offset from which on all records were looked at
	 * @param end the offset before which all records were looked at
	 * @param oldest the time of the oldest record of any channel
	 */
	record Slice(List<KafkaLogEntry> entries, long begin, long end, long oldest) {

		/**
		 * Return whether older records of the channel, if there are any, have expired.
		 */
		boolean reachesRetention(long now) {
			return !this.entries.isEmpty() && now - this.oldest >= newest().options().retention().toMillis();
		}

		/**
		 * Return whether older records of the channel, if there are any, are more than
		 * its log keeps.
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

		/** Take it: it is the next one. */
		TAKE,

		/** Leave it: it was read before, or cannot be taken now. */
		PASS,

		/** Receive again from {@link KafkaLogPartition#start()}. */
		GO_BACK,

		/** Leave it: the log has diverged from what was read. */
		DIVERGED

	}

	/**
	 * Somebody who waits for an offset.
	 */
	private record Waiter(long offset, long deadline, CompletableFuture<@Nullable Void> future) {
	}

}
