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
 * Records of a partition that a node had read and that the broker has lost by an unclean
 * leader election. Nodes tell each other of it by a control message in the same
 * partition, see {@link KafkaLogNotifier}.
 *
 * @param epoch the leader epoch of the last of the records. Those before it are of the
 * same log, as its leader had it
 * @param from the offset of the first one
 * @param to the offset after the last one that the node had read
 * @param channels the offset of the last record of each channel among them, by the
 * {@linkplain KafkaLogIndex#hash hash} of the channel's address, or {@code null} if there
 * may be some of any channel
 */
record KafkaLogCut(int epoch, long from, long to, @Nullable Map<Long, Long> channels) {

	/** How many channels are named at most. */
	static final int MAX_CHANNELS = 512;

	/** Tells it from other control messages. */
	private static final byte SUBJECT = 4;

	private static final byte VERSION = 1;

	private static final int FIXED_LENGTH = 2 + 4 + 8 + 8 + 4;

	private static final int CHANNEL_LENGTH = 8 + 4;

	/**
	 * Return whether a channel has records from an offset on that are gone.
	 * @param hash the hash of the channel's address
	 * @param offset the offset
	 * @return whether it has, or may have
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
	 * Return whether whoever knows of this cut learns nothing from another one.
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
	 * Write the cut. Channels are not named if there is no room for all of them.
	 * @param maxBytes how long the result may be
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
	 * Read a cut.
	 * @param bytes what another node has written
	 * @throws WireFormatException if it is no cut, or one of a later version
	 */
	static KafkaLogCut decode(byte[] bytes) {
		WireReader in = new WireReader(bytes);
		if (in.remaining() < 2 || in.readByte() != SUBJECT || in.readByte() != VERSION) {
			throw new WireFormatException(Reason.UNKNOWN_VERSION, "A notice of another version");
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
		return new WireFormatException(Reason.MALFORMED, "Not a notice of lost records");
	}

}
