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
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.TreeMap;

import org.jspecify.annotations.Nullable;

/**
 * Knows which records of a partition were lost through unclean leader elections: records
 * that this node had read itself, for which it writes a notice into the partition, and
 * records for which it has read another node's notice. Decides whether this node has
 * missed lost records. It has missed a lost record if it was already reading the
 * partition when the record was appended, but did not read the record. For example, a
 * node pauses for a minute at offset 40 of leader epoch 2. The other nodes read on to
 * offset 60. The leader of epoch 3 starts at offset 45. The first node continues with 45
 * and does not notice that 40 to 60 had other records.
 * <p>
 * Two records with the same leader epoch belong to the same log. So a node that has read
 * one of them has also read all lost records before it. Everything is kept in memory and
 * bounded in number; the oldest is removed first. Safe for use by many threads.
 */
final class KafkaLogCuts {

	/** How many cuts of each kind are kept. */
	static final int MAX_CUTS = 16;

	private static final int MAX_EPOCHS = 64;

	/** A notice that does not appear in the partition is sent again after this time. */
	private static final long REPEAT_NANOS = Duration.ofSeconds(5).toNanos();

	private final int startEpoch;

	private final long live;

	/**
	 * The offset of the last record that was read, or need not be read, by leader epoch.
	 */
	private final TreeMap<Integer, Long> read = new TreeMap<>();

	/** The cuts whose notices are in the partition. */
	private final Deque<Noticed> noticed = new ArrayDeque<>();

	/** The cuts whose notices are not in the partition yet. */
	private final Deque<Pending> pending = new ArrayDeque<>();

	private int lastEpoch = KafkaLogEpochs.UNKNOWN;

	/**
	 * Create an instance that knows no cuts.
	 * @param startEpoch the leader epoch when this node started to read the partition
	 * @param live the offset of the next record at that time
	 */
	KafkaLogCuts(int startEpoch, long live) {
		this.startEpoch = startEpoch;
		this.live = live;
	}

	/**
	 * Note that a record was read. If the record was the last one of a cut, the log that
	 * contains it is back, through another unclean election, and nothing of the cut is
	 * missing any more.
	 * @param offset the record's offset
	 * @param epoch the record's leader epoch
	 */
	synchronized void read(long offset, int epoch) {
		this.lastEpoch = epoch;
		markRead(epoch, offset);
		this.pending.removeIf((each) -> each.cut.endsWith(offset, epoch));
		this.noticed.removeIf((each) -> each.cut().endsWith(offset, epoch));
	}

	private void markRead(int epoch, long offset) {
		this.read.merge(epoch, offset, Math::max);
		if (this.read.size() > MAX_EPOCHS) {
			this.read.pollFirstEntry();
		}
	}

	/**
	 * Return the leader epoch of the record that was read last.
	 * @return an epoch, or {@link KafkaLogEpochs#UNKNOWN} if none was read
	 */
	synchronized int lastEpoch() {
		return this.lastEpoch;
	}

	/**
	 * Note that the partition has lost the records from an offset on, which this node had
	 * read. Notices among the lost records have to be sent again.
	 * @param offset the offset
	 * @param cut the lost records, or {@code null} if they are not known
	 */
	synchronized void found(long offset, @Nullable KafkaLogCut cut) {
		Iterator<Noticed> iterator = this.noticed.iterator();
		while (iterator.hasNext()) {
			Noticed each = iterator.next();
			if (each.offset() >= offset) {
				iterator.remove();
				announce(each.cut());
			}
		}
		if (cut != null) {
			announce(cut);
		}
	}

	private void announce(KafkaLogCut cut) {
		if (this.pending.stream().anyMatch((each) -> each.cut.covers(cut))) {
			return;
		}
		if (this.pending.size() == MAX_CUTS) {
			this.pending.remove();
		}
		this.pending.add(new Pending(cut, System.nanoTime()));
	}

	/**
	 * Return the notices that have to be sent now.
	 * @param now the current {@code System.nanoTime()}
	 */
	synchronized List<KafkaLogCut> due(long now) {
		List<KafkaLogCut> due = new ArrayList<>(0);
		for (Pending each : this.pending) {
			if (now - each.dueAt >= 0) {
				each.dueAt = now + REPEAT_NANOS;
				due.add(each.cut);
			}
		}
		return due;
	}

	/**
	 * Note that a notice was read.
	 * @param cut the notice's content
	 * @param offset the notice's own offset
	 */
	synchronized void noticed(KafkaLogCut cut, long offset) {
		this.pending.removeIf((each) -> cut.covers(each.cut));
		if (this.noticed.stream().noneMatch((each) -> each.cut().covers(cut))) {
			if (this.noticed.size() == MAX_CUTS) {
				this.noticed.remove();
			}
			this.noticed.add(new Noticed(cut, offset));
		}
	}

	/**
	 * Return which of the lost records this node has missed.
	 * @param cut the lost records
	 * @return the offset of the first record that this node has not read although it was
	 * appended after the node's start; {@link KafkaLogCut#to()} if there is none
	 */
	synchronized long missedFrom(KafkaLogCut cut) {
		if (this.startEpoch > cut.epoch()) {
			return cut.to();
		}
		long begin = (this.startEpoch == cut.epoch()) ? Math.max(cut.from(), this.live) : cut.from();
		Long last = this.read.get(cut.epoch());
		return Math.min(cut.to(), (last != null) ? Math.max(begin, last + 1) : begin);
	}

	/**
	 * Note that all subscribers that have missed the lost records have been told.
	 * @param cut the lost records
	 */
	synchronized void reported(KafkaLogCut cut) {
		markRead(cut.epoch(), cut.to() - 1);
	}

	/**
	 * Return whether a channel has, or may have, lost records that were appended after a
	 * place in the log. A node that has missed such records continues as if they had not
	 * existed, until it reads the notice. So a place before the notice does not say
	 * whether a client at that place has received the lost records.
	 * @param hash the hash of the channel's address
	 * @param place the place, which exists in the log
	 */
	synchronized boolean hasLostSince(long hash, KafkaPlace place) {
		return this.noticed.stream()
			.anyMatch((each) -> place.offset() <= each.offset() && each.cut().concerns(hash, each.cut().from()))
				|| this.pending.stream()
					.anyMatch((each) -> place.offset() <= each.cut.from() && place.leaderEpoch() <= each.cut.epoch()
							&& each.cut.concerns(hash, each.cut.from()));
	}

	/**
	 * A cut, and the offset of its notice.
	 */
	private record Noticed(KafkaLogCut cut, long offset) {
	}

	/**
	 * A cut whose notice has to be sent.
	 */
	private static final class Pending {

		private final KafkaLogCut cut;

		private long dueAt;

		Pending(KafkaLogCut cut, long dueAt) {
			this.cut = cut;
			this.dueAt = dueAt;
		}

	}

}
