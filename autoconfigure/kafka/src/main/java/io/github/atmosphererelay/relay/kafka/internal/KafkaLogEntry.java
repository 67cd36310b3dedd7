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
import java.util.UUID;

import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.LogOptions;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.message.WireFormatException;
import io.github.atmosphererelay.message.WireFormatException.Reason;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * A record of the log: what decides whether it is read, and its value, which is decoded
 * once more when it is.
 *
 * @param offset the record's offset
 * @param leaderEpoch the epoch of the leader that appended it, or 0 if the broker does
 * not tell
 * @param timestamp when it was appended, in milliseconds since 1970 by the broker's clock
 * @param address the address of its channel
 * @param options how it is to be kept
 * @param id the message's id
 * @param value the encoded envelope
 */
record KafkaLogEntry(long offset, int leaderEpoch, long timestamp, String address, LogOptions options, UUID id,
		byte[] value) {

	/**
	 * Return the place after the record, whose offset is Kafka's own for a consumer that
	 * has read the record. So 0 is before the first one.
	 */
	KafkaPlace place() {
		return new KafkaPlace(this.leaderEpoch, this.offset + 1);
	}

	static int leaderEpoch(ConsumerRecord<?, ?> record) {
		return record.leaderEpoch().orElse(0);
	}

	/**
	 * Return the hash by which the channel is known in {@link KafkaLogIndex}.
	 */
	long hash() {
		return KafkaLogIndex.hash(this.address.getBytes(StandardCharsets.UTF_8));
	}

	boolean isExpired(long now) {
		return now - this.timestamp >= this.options.retention().toMillis();
	}

	int bytes() {
		return this.value.length;
	}

	/**
	 * Return whether a record is one of a channel, without looking into its value.
	 * @param record the record
	 * @param address the channel's address
	 * @return whether its key says so
	 */
	static boolean isOf(ConsumerRecord<byte[], byte[]> record, String address) {
		// Either can be null, whatever the signature says.
		byte @Nullable [] key = record.key();
		byte @Nullable [] value = record.value();
		return key != null && value != null && new String(key, StandardCharsets.UTF_8).equals(address);
	}

	static KafkaLogEntry of(ConsumerRecord<byte[], byte[]> record, Envelope envelope) {
		LogOptions options = envelope.log();
		if (options == null || !(envelope.address() instanceof Address.Channel)) {
			throw new WireFormatException(Reason.MALFORMED, "Not an envelope of a recorded channel");
		}
		String address = envelope.address().value();
		if (!isOf(record, address)) {
			throw new WireFormatException(Reason.FOREIGN, "A record with the key of another channel");
		}
		return new KafkaLogEntry(record.offset(), leaderEpoch(record), record.timestamp(), address, options,
				envelope.id(), record.value());
	}

	Publication publication(EnvelopeCodec codec, KafkaPositions positions) {
		Envelope envelope = codec.decode(this.value);
		String channel = ((Address.Channel) envelope.address()).channel();
		return Publication.of(envelope, channel, positions.position(place()));
	}

}
