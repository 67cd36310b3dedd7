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

import java.util.LinkedHashMap;
import java.util.Map;

import io.github.atmosphererelay.message.WireFormatException;
import io.github.atmosphererelay.message.WireFormatException.Reason;
import io.github.atmosphererelay.message.internal.WireReader;
import io.github.atmosphererelay.message.internal.WireWriter;
import org.jspecify.annotations.Nullable;

/**
 * A range of records of a partition that a node had read and that the broker has lost
 * through an unclean leader election. Nodes tell each other of a cut by a control message
 * in the same partition, see {@link KafkaLogNotifier}.
 *
 * @param epoch the leader epoch of the last lost record. All records before it that this
 * epoch's leader had belong to the same log
 * @param from the offset of the first lost record
 * @param to the offset after the last lost record that the node had read
 * @param channels the offset of the last lost record of each channel, by the
 * {@linkplain KafkaLogIndex#hash hash} of the channel's address; or {@code null} if
 * records of any channel may be lost
 */
record KafkaLogCut(int epoch, long from, long to, @Nullable Map<Long, Long> channels) {

	/** The maximum number of channels that a notice names. */
	static final int MAX_CHANNELS = 512;

	/** Distinguishes cuts from other control messages. */
	private static final byte SUBJECT = 4;

	private static final byte VERSION = 1;

	private static final int FIXED_LENGTH = 2 + 4 + 8 + 8 + 4;

	private static final int CHANNEL_LENGTH = 8 + 4;

	/**
	 * Return whether records of a channel at or after an offset are lost.
	 * @param hash the hash of the channel's address
	 * @param offset the offset
	 * @return whether some are lost, or may be
	 */
	boolean concerns(long hash, long offset) {
		if (offset >= this.to) {
			return false;
		}
		if (this.channels == null) {
			return true;
		}
		Long last = this.channels.get(hash);
		return last != null && last >= offset;
	}

	/**
	 * Return whether this cut contains all that another one says.
	 */
	boolean covers(KafkaLogCut other) {
		return this.epoch == other.epoch && this.from <= other.from && this.to >= other.to;
	}

	/**
	 * Return whether a record is the last one of the cut.
	 * @param offset the record's offset
	 * @param leaderEpoch its leader epoch
	 */
	boolean endsWith(long offset, int leaderEpoch) {
		return this.epoch == leaderEpoch && this.to - 1 == offset;
	}

	/**
	 * Encode the cut. If there is no room for all channels, none is named.
	 * @param maxBytes the maximum length of the result
	 */
	byte[] encode(int maxBytes) {
		Map<Long, Long> channels = this.channels;
		if (channels != null && (channels.size() > MAX_CHANNELS || this.to - this.from > Integer.MAX_VALUE
				|| FIXED_LENGTH + channels.size() * CHANNEL_LENGTH > maxBytes)) {
			channels = null;
		}
		int count = (channels != null) ? channels.size() : 0;
		WireWriter out = new WireWriter(FIXED_LENGTH + count * CHANNEL_LENGTH);
		out.writeByte(SUBJECT);
		out.writeByte(VERSION);
		out.writeInt(this.epoch);
		out.writeLong(this.from);
		out.writeLong(this.to);
		out.writeInt((channels != null) ? count : -1);
		if (channels != null) {
			channels.forEach((hash, last) -> {
				out.writeLong(hash);
				out.writeInt((int) (last - this.from));
			});
		}
		return out.toByteArray();
	}

	/**
	 * Decode a cut.
	 * @param bytes the payload of another node's notice
	 * @throws WireFormatException if it is not a cut, or has a later version
	 */
	static KafkaLogCut decode(byte[] bytes) {
		WireReader in = new WireReader(bytes);
		if (in.remaining() < 2 || in.readByte() != SUBJECT || in.readByte() != VERSION) {
			throw new WireFormatException(Reason.UNKNOWN_VERSION, "The notice of lost records has an unknown version");
		}
		if (in.remaining() < FIXED_LENGTH - 2) {
			throw malformed();
		}
		int epoch = in.readInt();
		long from = in.readLong();
		long to = in.readLong();
		int count = in.readInt();
		if (epoch < 0 || from < 0 || to <= from || count < -1 || count > MAX_CHANNELS
				|| in.remaining() != Math.max(0, count) * CHANNEL_LENGTH) {
			throw malformed();
		}
		Map<Long, Long> channels = (count >= 0) ? new LinkedHashMap<>() : null;
		for (int i = 0; channels != null && i < count; i++) {
			channels.put(in.readLong(), from + in.readInt());
		}
		return new KafkaLogCut(epoch, from, to, channels);
	}

	private static WireFormatException malformed() {
		return new WireFormatException(Reason.MALFORMED, "The notice of lost records is not readable");
	}

}
