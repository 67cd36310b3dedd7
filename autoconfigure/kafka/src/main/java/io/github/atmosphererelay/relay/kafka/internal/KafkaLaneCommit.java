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

import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

import io.github.atmosphererelay.message.WireFormatException;
import io.github.atmosphererelay.message.internal.WireReader;
import io.github.atmosphererelay.message.internal.WireWriter;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;

/**
 * What a group has handled in a partition, as it is committed. Kafka commits one offset
 * for a partition, but channels of a partition come forward at different speeds. So the
 * offset is that of the oldest message that is not handled, and the offset's metadata say
 * what has been handled after it: of each channel that is behind, where it stands, and an
 * offset before which all other channels are handled. Their size depends on the number of
 * channels that are behind, and not on the number of messages.
 * <p>
 * Channels are named by {@value #HASH_BYTES} bytes of a hash. If two channels have the
 * same, one may be handled again from where the other stands, and none is skipped.
 *
 * @param base the offset that is committed: everything before it is handled
 * @param frontier nothing is handled from this offset on
 * @param token the fencing token of the lane's last owner, or 0 if it is not known
 * @param topic distinguishes the topic from a later one of the same name; 0 if it is not
 * known
 * @param unfinished the channels that are not handled up to the frontier, by hash: the
 * offset before which the channel is handled
 */
record KafkaLaneCommit(long base, long frontier, long token, long topic, Map<Long, Long> unfinished) {

	/** How many channels fit into the 4096 bytes that Kafka allows by default. */
	static final int MAX_UNFINISHED = 256;

	private static final int HASH_BYTES = 6;

	private static final long HASH_MASK = (1L << (8 * HASH_BYTES)) - 1;

	private static final byte VERSION = 1;

	private static final int LOW_BITS = 7;

	/**
	 * Describe a place before which everything is handled.
	 */
	static KafkaLaneCommit at(long offset, long token, long topic) {
		return new KafkaLaneCommit(offset, offset, token, topic, Map.of());
	}

	/**
	 * Describe the same for another owner.
	 */
	KafkaLaneCommit withToken(long token) {
		return new KafkaLaneCommit(this.base, this.frontier, token, this.topic, this.unfinished);
	}

	/**
	 * Return the name of a channel in the metadata.
	 * @param hash the hash of the record's key
	 */
	static long name(long hash) {
		return (hash ^ (hash >>> 16)) & HASH_MASK;
	}

	/**
	 * Return what is committed.
	 * @param epoch the leader epoch of the record before the base, if it is known
	 */
	OffsetAndMetadata toOffset(Optional<Integer> epoch) {
		WireWriter out = new WireWriter();
		out.writeByte(VERSION);
		out.writeLong(this.token);
		out.writeLong(this.topic);
		writeNumber(out, this.frontier - this.base);
		this.unfinished.forEach((channel, next) -> {
			out.writeShort((int) (channel >>> 32));
			out.writeInt((int) (long) channel);
			writeNumber(out, next - this.base);
		});
		return new OffsetAndMetadata(this.base, epoch,
				Base64.getEncoder().withoutPadding().encodeToString(out.toByteArray()));
	}

	private static void writeNumber(WireWriter out, long number) {
		long left = number;
		while (left >= 1 << LOW_BITS) {
			out.writeByte((int) (left & 0x7F) | 0x80);
			left >>>= LOW_BITS;
		}
		out.writeByte((int) left);
	}

	/**
	 * Read what was committed. If the metadata are not from this library, as when an
	 * operator has reset the group's offset, the offset alone counts.
	 * @param committed the committed offset
	 */
	static KafkaLaneCommit of(OffsetAndMetadata committed) {
		try {
			WireReader in = new WireReader(Base64.getDecoder().decode(committed.metadata()));
			in.readVersion(VERSION);
			long token = in.readLong();
			long topic = in.readLong();
			long base = committed.offset();
			long frontier = base + readNumber(in);
			Map<Long, Long> unfinished = new LinkedHashMap<>();
			while (in.remaining() > 0) {
				long channel = ((long) in.readShort() << 32) | (in.readInt() & 0xFFFFFFFFL);
				unfinished.put(channel, base + readNumber(in));
			}
			return new KafkaLaneCommit(base, frontier, token, topic, unfinished);
		}
		catch (IllegalArgumentException | WireFormatException ex) {
			return at(committed.offset(), 0, 0);
		}
	}

	private static long readNumber(WireReader in) {
		long number = 0;
		for (int shift = 0; shift < Long.SIZE; shift += LOW_BITS) {
			byte next = in.readByte();
			number |= (long) (next & 0x7F) << shift;
			if (next >= 0) {
				return number;
			}
		}
		throw new IllegalArgumentException("The number is too long");
	}

}
