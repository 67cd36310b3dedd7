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

import java.util.List;
import java.util.Optional;

import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Discontinuity;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.message.WireFormatException;
import io.github.atmosphererelay.relay.GroupOptions;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * The reader's side of a lane: which records are read next, and which of them the lane's
 * owner gets. Records are read on from the frontier, again for channels that were passed
 * over, and before the lane's start to know their idempotency keys. Guarded by the lane.
 */
final class KafkaLaneReading {

	/** The value of {@link #wanted()} if nothing is to be read now. */
	static final long NOTHING = KafkaLane.NOTHING;

	private static final Log logger = LogFactory.getLog(KafkaLaneReading.class);

	private final GroupOptions group;

	private final KafkaLogLife life;

	private final int number;

	private final KafkaRelaySettings settings;

	private final KafkaPositions positions;

	private final KafkaKeys keys;

	private final KafkaLaneProgress progress;

	private final KafkaLaneBuffer buffer;

	private final long start;

	/** The epoch of the record before the start, if it is known. */
	private final Optional<Integer> startEpoch;

	/** The leader epochs of the records that were read. */
	private final KafkaLogEpochs epochs = new KafkaLogEpochs();

	/** Whether the reader has to wait until messages are handled. */
	private boolean held;

	/** Where channels that are behind are read, or {@link #NOTHING}. */
	private long cursor = NOTHING;

	/** Where idempotency keys before the start are read, or {@link #NOTHING}. */
	private long lookBack = NOTHING;

	/** Whether the keys before the start are known, or need not be. */
	private boolean lookedBack;

	KafkaLaneReading(GroupOptions group, KafkaRelaySettings settings, KafkaLogLife life, int number,
			KafkaLaneProgress progress, KafkaLaneBuffer buffer, long start, Optional<Integer> startEpoch) {
		this.group = group;
		this.settings = settings;
		this.life = life;
		this.number = number;
		this.positions = life.partitions()[number].positions();
		this.keys = new KafkaKeys(KafkaLogLife.maxKeys(life.partitions().length), () -> {
		});
		this.progress = progress;
		this.buffer = buffer;
		this.start = start;
		this.startEpoch = startEpoch;
	}

	/**
	 * Return the leader epoch of the record before an offset.
	 * @return the epoch, or empty if it is not known
	 */
	Optional<Integer> epochBefore(long offset) {
		int epoch = this.epochs.at(offset - 1);
		if (epoch != KafkaLogEpochs.UNKNOWN) {
			return Optional.of(epoch);
		}
		return (offset == this.start) ? this.startEpoch : Optional.empty();
	}

	/**
	 * Read a channel again that was passed over.
	 * @param from the offset of its first record that was
	 */
	void again(long from) {
		this.cursor = (this.cursor == NOTHING) ? from : Math.min(this.cursor, from);
	}

	/**
	 * Go on if the reader waits until messages are handled.
	 * @return whether it does
	 */
	boolean unhold() {
		boolean held = this.held;
		this.held = false;
		return held;
	}

	/**
	 * Return the offset of the first record that was not read yet.
	 * @return an offset, or {@link #NOTHING} if nothing is to be read now
	 */
	long wanted() {
		return (this.held || this.lookBack != NOTHING || this.buffer.isFull()) ? NOTHING : this.progress.frontier();
	}

	/**
	 * Return the offset of the next record that has to be read before or beside those at
	 * {@link #wanted()}.
	 * @return an offset, or {@link #NOTHING} if there is none
	 */
	long wantedBehind() {
		if (this.buffer.isFull()) {
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
	 * in milliseconds since 1970, or {@link #NOTHING}
	 */
	long accept(List<ConsumerRecord<byte[], byte[]>> records, long from, long after) {
		if (from == this.lookBack) {
			lookBack(records, after);
		}
		else if (from == this.cursor && from != this.progress.frontier()) {
			readAgain(records, after);
		}
		else if (from == this.progress.frontier()) {
			return readOn(records, after);
		}
		return NOTHING;
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
		this.buffer.add(publication, entry.offset(), entry.bytes());
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
	void lookBack(long from) {
		this.lookedBack = true;
		this.lookBack = (from < this.start) ? from : NOTHING;
	}

	/**
	 * Note that the partition no longer has what was to be read.
	 * @param begin the offset of its first record
	 * @return whether messages of channels that are not known are missing
	 */
	boolean trimmed(long begin) {
		boolean missing = this.progress.frontier() < begin;
		for (KafkaLaneChannel channel : this.progress.channels()) {
			if (channel.trimmed(begin)) {
				missed(channel.name(), Discontinuity.Reason.LOG_TRIMMED, begin);
			}
		}
		this.progress.trimmed(begin);
		this.cursor = (this.cursor != NOTHING) ? Math.max(this.cursor, begin) : NOTHING;
		this.lookBack = (this.lookBack != NOTHING && begin < this.start) ? Math.max(this.lookBack, begin) : NOTHING;
		return missing;
	}

	/**
	 * Tell the owner that messages are missing, or may be.
	 * @param channel the channel
	 * @param reason why
	 * @param offset the offset with which the lane goes on
	 */
	void missed(String channel, Discontinuity.Reason reason, long offset) {
		Position position = this.positions.position(new KafkaPlace(0, offset));
		this.buffer.add(new Discontinuity(channel, reason, Discontinuity.UNKNOWN, position), offset - 1, 0);
	}

}
