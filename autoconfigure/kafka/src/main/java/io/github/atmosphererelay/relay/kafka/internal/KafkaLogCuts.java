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
 * What a node knows of the records that a partition has lost by unclean leader elections:
 * records that it had read itself, for which it writes a notice into the partition, and
 * records for which it has read a notice of another node. Decides whether this node has
 * missed some of them: it has if it was reading the partition when they were appended,
 * and did not come to read them. For example a node stops for a minute after offset 40 of
 * leader epoch 2, others read up to 60, and the leader of epoch 3 begins at 45: the first
 * node reads 45 and what follows as if nothing had been there before.
 * <p>
 * Two records of one leader epoch are of one log. So whoever has read a record of the
 * epoch has read everything before it that is gone as well. Everything is kept in memory
 * and is bounded in number, the oldest goes first. Safe for use by many threads.
 */
final class KafkaLogCuts {

	/** How many cuts are kept of each kind. */
	static final int MAX_CUTS = 16;

	private static final int MAX_EPOCHS = 64;

	/** When a notice is sent again that does not appear in the partition. */
	private static final long REPEAT_NANOS = Duration.ofSeconds(5).toNanos();

	private final int startEpoch;

	private final long live;

	/** The last record that was read, or needs not to be, by leader epoch. */
	private final TreeMap<Integer, Long> read = new TreeMap<>();

	/** Those whose notices stand in the partition. */
	private final Deque<Noticed> noticed = new ArrayDeque<>();

	/** Those whose notices do not yet. */
	private final Deque<Pending> pending = new ArrayDeque<>();

	private int lastEpoch = KafkaLogEpochs.UNKNOWN;

	/**
	 * Create cuts of which none is known.
	 * @param startEpoch the epoch of the leader when this node has begun with the
	 * partition
	 * @param live the offset of the next record at that time
	 */
	KafkaLogCuts(int startEpoch, long live) {
		this.startEpoch = startEpoch;
		this.live = live;
	}

	/**
	 * A record is read. If it was gone, the log is back that had it, by another unclean
	 * election, and nothing of it is missing any more.
	 * @param offset its offset
	 * @param epoch its leader epoch
	 */
	synchronized void read(long offset, int epoch) {
		this.lastEpoch = epoch;
		settle(epoch, offset);
		this.pending.removeIf((each) -> each.cut.endsWith(offset, epoch));
		this.noticed.removeIf((each) -> each.cut().endsWith(offset, epoch));
	}

	private void settle(int epoch, long offset) {
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
	 * The partition has lost what stood at an offset and after it, and this node has read
	 * it. Notices that stood there are to be given again.
	 * @param offset the offset
	 * @param cut what is gone, or {@code null} if it is not known
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
	 * Return which notices are to be sent now.
	 * @param now the present time in nanoseconds
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
	 * A notice was read.
	 * @param cut what it tells of
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
	 * Return which of the records that are gone this node has missed.
	 * @param cut the records
	 * @return the offset of the first one that it has not read although it was appended
	 * after this node had begun; {@link KafkaLogCut#to()} if there is none
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
	 * Everybody who has missed some of these records has been told so.
	 * @param cut the records
	 */
	synchronized void told(KafkaLogCut cut) {
		settle(cut.epoch(), cut.to() - 1);
	}

	/**
	 * Return whether a channel has lost records that were appended, or may have been,
	 * after a place in the log. A node that has missed them goes on as if they had not
	 * been there, until it reads the notice: so places up to the notice do not tell
	 * whether whoever is there has had the records.
	 * @param hash the hash of the channel's address
	 * @param place the place, which the log has
	 */
	synchronized boolean hasLostSince(long hash, KafkaPlace place) {
		return this.noticed.stream()
			.anyMatch((each) -> place.offset() <= each.offset() && each.cut().concerns(hash, each.cut().from()))
				|| this.pending.stream()
					.anyMatch((each) -> place.offset() <= each.cut.from() && place.leaderEpoch() <= each.cut.epoch()
							&& each.cut.concerns(hash, each.cut.from()));
	}

	/**
	 * A cut and where its notice stands.
	 */
	private record Noticed(KafkaLogCut cut, long offset) {
	}

	/**
	 * A cut whose notice is to be sent.
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
