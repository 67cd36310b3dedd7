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
import java.time.Instant;
import java.util.UUID;

import io.github.atmosphererelay.message.Audience;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.message.WireFormatException;
import io.github.atmosphererelay.message.WireFormatException.Reason;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.message.internal.WireReader;
import io.github.atmosphererelay.message.internal.WireWriter;
import io.github.atmosphererelay.relay.GroupOptions;
import io.github.atmosphererelay.relay.SetAsideMessage;
import org.jspecify.annotations.Nullable;

/**
 * Encodes the records of the {@link KafkaGroupStore}. The key says what a record is:
 * {@code group:billing} of a group, {@code set-aside:billing:<id>} of a message that the
 * group has set aside.
 */
final class KafkaSetAsideCodec {

	private static final String GROUP = "group:";

	private static final String SET_ASIDE = "set-aside:";

	private static final byte VERSION = 1;

	private static final int MAX_REASON_BYTES = 8192;

	private static final int MAX_EPOCH_BYTES = 255;

	/** What headers, the names and the ids of an envelope may take. */
	private static final int MAX_ENVELOPE_OVERHEAD = 64 * 1024;

	private final EnvelopeCodec codec;

	KafkaSetAsideCodec(EnvelopeCodec codec) {
		this.codec = codec;
	}

	static byte[] groupKey(String group) {
		return (GROUP + group).getBytes(StandardCharsets.UTF_8);
	}

	static byte[] key(String group, UUID id) {
		return (SET_ASIDE + group + ":" + id).getBytes(StandardCharsets.UTF_8);
	}

	/**
	 * Read a key.
	 * @return what it names, or {@code null} if this release does not know it
	 */
	static @Nullable Key key(byte @Nullable [] bytes) {
		String key = (bytes != null) ? new String(bytes, StandardCharsets.UTF_8) : "";
		if (key.startsWith(GROUP)) {
			return new Key(key.substring(GROUP.length()), null);
		}
		int end = key.lastIndexOf(':');
		if (!key.startsWith(SET_ASIDE) || end < SET_ASIDE.length()) {
			return null;
		}
		try {
			return new Key(key.substring(SET_ASIDE.length(), end), UUID.fromString(key.substring(end + 1)));
		}
		catch (IllegalArgumentException ex) {
			return null;
		}
	}

	/**
	 * Encode how a group was made.
	 * @param start where it begins
	 * @param time when, in milliseconds since 1970, or 0 if the time of the record counts
	 * @param topic distinguishes the topic of the logs from a later one
	 */
	static byte[] encode(GroupOptions.Start start, long time, long topic) {
		WireWriter out = new WireWriter();
		out.writeByte(VERSION);
		out.writeByte((start == GroupOptions.Start.EARLIEST) ? 1 : 2);
		out.writeLong(time);
		out.writeLong(topic);
		return out.toByteArray();
	}

	/**
	 * Read how a group was made. Earlier releases have written the start alone.
	 * @param time the time of the record
	 */
	static KafkaGroupStore.Birth decodeBirth(byte[] value, long time) {
		WireReader in = new WireReader(value);
		in.readVersion(VERSION);
		GroupOptions.Start start = (in.readByte() == 2) ? GroupOptions.Start.LATEST : GroupOptions.Start.EARLIEST;
		long earlier = (in.remaining() > 0) ? in.readLong() : 0;
		long topic = (in.remaining() > 0) ? in.readLong() : 0;
		return new KafkaGroupStore.Birth((earlier != 0) ? earlier : time, start, topic, false);
	}

	byte[] encode(SetAsideMessage message) {
		Publication publication = message.publication();
		Position position = publication.position();
		if (position == null) {
			throw new IllegalArgumentException("The message has no position");
		}
		Envelope envelope = new Envelope(publication.id(), publication.origin(), Envelope.Kind.MESSAGE,
				publication.time(), new Audience.Channel(publication.channel(), publication.exceptSession()),
				publication.headers(), publication.payload(), null, null);
		WireWriter out = new WireWriter();
		out.writeByte(VERSION);
		out.writeInt(message.attempts());
		out.writeLong(message.time().toEpochMilli());
		out.writeString(message.reason());
		out.writeString(position.epoch());
		out.writeLong(position.offset());
		out.writeBytes(this.codec.encode(envelope));
		return out.toByteArray();
	}

	SetAsideMessage decode(String group, byte[] value) {
		WireReader in = new WireReader(value);
		in.readVersion(VERSION);
		int attempts = in.readInt();
		Instant time = Instant.ofEpochMilli(in.readLong());
		String reason = in.readString(MAX_REASON_BYTES);
		Position position = new Position(in.readString(MAX_EPOCH_BYTES), in.readLong());
		Envelope envelope = this.codec.decode(in.readBytes(this.codec.maxPayloadBytes() + MAX_ENVELOPE_OVERHEAD));
		if (!(envelope.audience() instanceof Audience.Channel channel)) {
			throw new WireFormatException(Reason.MALFORMED, "The message is not one to a channel");
		}
		return new SetAsideMessage(group, Publication.of(envelope, channel.channel(), position), attempts, reason,
				time);
	}

	/**
	 * A key.
	 *
	 * @param group the group's name
	 * @param message the id of a message that it has set aside, or {@code null} if the
	 * record is that of the group
	 */
	record Key(String group, @Nullable UUID message) {
	}

}
