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
 * A record of the log: the attributes that decide whether a read returns it, and its
 * encoded value. The value is decoded again when the record is returned.
 *
 * @param offset the record's offset
 * @param leaderEpoch the epoch of the leader that appended the record, or 0 if the broker
 * does not say
 * @param timestamp when it was appended, in milliseconds since 1970 by the broker's clock
 * @param address the address of its channel
 * @param options how long the record is kept, and its idempotency key
 * @param id the message's id
 * @param value the encoded envelope
 */
record KafkaLogEntry(long offset, int leaderEpoch, long timestamp, String address, LogOptions options, UUID id,
		byte[] value) {

	/**
	 * Return the place after the record. Its offset is the position of a Kafka consumer
	 * that has read the record. So offset 0 is before the first record.
	 */
	KafkaPlace place() {
		return new KafkaPlace(this.leaderEpoch, this.offset + 1);
	}

	static int leaderEpoch(ConsumerRecord<?, ?> record) {
		return record.leaderEpoch().orElse(0);
	}

	/**
	 * Return the hash of the channel's address, as {@link KafkaLogIndex} uses it.
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
	 * Return whether a record belongs to a channel, without decoding its value.
	 * @param record the record
	 * @param address the channel's address
	 * @return whether the record's key is the channel's address
	 */
	static boolean isOf(ConsumerRecord<byte[], byte[]> record, String address) {
		// Both can be null, although they are not declared so.
		byte @Nullable [] key = record.key();
		byte @Nullable [] value = record.value();
		return key != null && value != null && new String(key, StandardCharsets.UTF_8).equals(address);
	}

	static KafkaLogEntry of(ConsumerRecord<byte[], byte[]> record, Envelope envelope) {
		LogOptions options = envelope.log();
		if (options == null || !(envelope.address() instanceof Address.Channel)) {
			throw new WireFormatException(Reason.MALFORMED, "The envelope is not one of a recorded channel");
		}
		String address = envelope.address().value();
		if (!isOf(record, address)) {
			throw new WireFormatException(Reason.FOREIGN, "The record's key is not the address of its channel");
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
