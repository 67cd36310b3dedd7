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

package io.github.atmosphererelay.message.internal;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.zip.CRC32;

import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Audience;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import org.jspecify.annotations.Nullable;

/**
 * What is sent to the buckets of channels, for nodes that listen by pattern. A message of
 * an ephemeral channel is copied to a bucket of the kind {@value #CHANNELS}. For a
 * message of a recorded channel, a bucket of the kind {@value #LOGS} gets an
 * announcement, which has the channel and the position and no payload: listeners read the
 * message from the log.
 */
public final class BucketMessages {

	/** The kind of buckets for messages of ephemeral channels. */
	public static final String CHANNELS = "channels";

	/** The kind of buckets for announcements of recorded channels. */
	public static final String LOGS = "logs";

	/**
	 * How many headers the library adds to a message of an ephemeral channel for its
	 * bucket.
	 */
	public static final int ADDED_HEADERS = 2;

	private static final String CHANNEL = "atmosphere-channel";

	private static final String EXCEPT = "atmosphere-except";

	private static final String EPOCH = "atmosphere-epoch";

	private static final String OFFSET = "atmosphere-offset";

	private static final String MORE = "atmosphere-more";

	private static final Payload NO_PAYLOAD = Payload.text("");

	private BucketMessages() {
	}

	/**
	 * Return the number of the bucket to which a channel belongs: the CRC-32 of its name
	 * in UTF-8, modulo the number of buckets.
	 * @param channel the channel's name
	 * @param buckets how many buckets there are
	 * @return the number
	 */
	public static int number(String channel, int buckets) {
		CRC32 hash = new CRC32();
		hash.update(channel.getBytes(StandardCharsets.UTF_8));
		return (int) (hash.getValue() % buckets);
	}

	/**
	 * Return whether an address is a bucket of channels.
	 * @param address the address
	 * @return whether it is one of either kind
	 */
	public static boolean isBucket(Address address) {
		return address instanceof Address.Bucket bucket
				&& (bucket.name().equals(CHANNELS) || bucket.name().equals(LOGS));
	}

	/**
	 * Check that a message has room for the headers that its copy has.
	 * @param headers the message's headers
	 * @throws IllegalArgumentException if there are too many
	 */
	public static void checkHeaders(Map<String, String> headers) {
		if (headers.size() > EnvelopeCodec.MAX_HEADERS - ADDED_HEADERS) {
			throw new IllegalArgumentException("The message has " + headers.size() + " headers; the maximum is "
					+ (EnvelopeCodec.MAX_HEADERS - ADDED_HEADERS) + " in a channel with buckets");
		}
	}

	/**
	 * Return the copy of a message for its bucket.
	 * @param message a message to an ephemeral channel
	 * @param channel the channel's name
	 * @param buckets how many buckets there are
	 * @return the copy, without a sequence
	 */
	public static Envelope copy(Envelope message, String channel, int buckets) {
		Map<String, String> headers = new HashMap<>(message.headers());
		headers.put(CHANNEL, channel);
		String except = message.audience().exceptSession();
		if (except != null) {
			headers.put(EXCEPT, except);
		}
		return envelope(message, new Audience.Bucket(CHANNELS, number(channel, buckets)), headers, message.payload());
	}

	/**
	 * Return the announcement of a message in a recorded channel.
	 * @param message the message
	 * @param channel the channel's name
	 * @param buckets how many buckets there are
	 * @param position its position, or {@code null} if it is not known whether the log
	 * has the message
	 * @param more whether the log may have later messages that are not announced
	 * @return the announcement, without a sequence
	 */
	public static Envelope announcement(Envelope message, String channel, int buckets, @Nullable Position position,
			boolean more) {
		Map<String, String> headers = new HashMap<>();
		headers.put(CHANNEL, channel);
		if (position != null) {
			headers.put(EPOCH, position.epoch());
			headers.put(OFFSET, Long.toString(position.offset()));
		}
		if (more || position == null) {
			headers.put(MORE, "1");
		}
		return envelope(message, new Audience.Bucket(LOGS, number(channel, buckets)), headers, NO_PAYLOAD);
	}

	private static Envelope envelope(Envelope message, Audience audience, Map<String, String> headers,
			Payload payload) {
		return new Envelope(message.id(), message.origin(), Envelope.Kind.MESSAGE, message.time(), audience, headers,
				payload, null, null);
	}

	/**
	 * Return the channel to which an envelope of a bucket belongs.
	 * @param envelope the envelope
	 * @return the channel's name, or {@code null} if the envelope names none
	 */
	public static @Nullable String channel(Envelope envelope) {
		String channel = envelope.headers().get(CHANNEL);
		return (ChannelNames.findFault(channel) == null) ? channel : null;
	}

	/**
	 * Return the message of which an envelope is the copy.
	 * @param copy an envelope of a bucket of the kind {@value #CHANNELS}
	 * @param channel the channel's name
	 * @return the message
	 */
	public static Publication publication(Envelope copy, String channel) {
		Map<String, String> headers = new HashMap<>(copy.headers());
		headers.remove(CHANNEL);
		return new Publication(copy.id(), copy.origin(), channel, copy.time(), headers, copy.payload(), null,
				headers.remove(EXCEPT));
	}

	/**
	 * Return whether the log may have messages after the announced one that are not
	 * announced.
	 * @param announcement an envelope of a bucket of the kind {@value #LOGS}
	 * @return whether to read the log to its end
	 */
	public static boolean hasMore(Envelope announcement) {
		return announcement.headers().containsKey(MORE);
	}

	/**
	 * Return the position that an announcement has.
	 * @param announcement an envelope of a bucket of the kind {@value #LOGS}
	 * @return the position, or {@code null} if it is not known
	 */
	public static @Nullable Position position(Envelope announcement) {
		String epoch = announcement.headers().get(EPOCH);
		String offset = announcement.headers().get(OFFSET);
		try {
			return (epoch != null && offset != null) ? new Position(epoch, Long.parseLong(offset)) : null;
		}
		catch (IllegalArgumentException ex) {
			return null;
		}
	}

}
