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
import java.util.UUID;
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

	/** The kind of buckets for messages of STOMP destinations. */
	public static final String STOMP = "stomp";

	private static final String CHANNEL = "atmosphere-channel";

	private static final String EXCEPT = "atmosphere-except";

	private static final String EPOCH = "atmosphere-epoch";

	private static final String OFFSET = "atmosphere-offset";

	private static final String MORE = "atmosphere-more";

	private static final Payload NO_PAYLOAD = Payload.text("");

	private BucketMessages() {
	}

	/**
	 * Return the number of the bucket to which a channel or another name belongs: the
	 * CRC-32 of the name in UTF-8, modulo the number of buckets.
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
	 * Check that a message can be copied: that it has no header of the same name as those
	 * that the copy has, and room for these, also if an outbox marks it as repeated.
	 * @param headers the message's headers
	 * @param channel the channel's name
	 * @param except the session that does not get the message, or {@code null}
	 * @throws IllegalArgumentException if it has such a header, too many or too large
	 * ones
	 */
	public static void checkHeaders(Map<String, String> headers, String channel, @Nullable String except) {
		if (headers.containsKey(CHANNEL) || headers.containsKey(EXCEPT)) {
			throw new IllegalArgumentException("A message to a channel with buckets cannot have a header '" + CHANNEL
					+ "' or '" + EXCEPT + "', because its copy for subscribers by pattern has them");
		}
		Map<String, String> copied = copied(headers, channel, except);
		copied.put(RepeatedHeader.NAME, RepeatedHeader.VALUE);
		try {
			EnvelopeCodec.checkHeaders(copied);
		}
		catch (IllegalArgumentException ex) {
			throw new IllegalArgumentException("The message leaves no room for the " + (copied.size() - headers.size())
					+ " headers that its copy for subscribers by pattern may have, because the channel '" + channel
					+ "' has buckets. With these: " + ex.getMessage(), ex);
		}
	}

	private static Map<String, String> copied(Map<String, String> headers, String channel, @Nullable String except) {
		Map<String, String> copied = new HashMap<>(headers);
		copied.put(CHANNEL, channel);
		if (except != null) {
			copied.put(EXCEPT, except);
		}
		return copied;
	}

	/**
	 * Return the copy of a message for its bucket.
	 * @param message a message to an ephemeral channel
	 * @param channel the channel's name
	 * @param buckets how many buckets there are
	 * @return the copy, without a sequence
	 */
	public static Envelope copy(Envelope message, String channel, int buckets) {
		return envelope(message, message.origin(), new Audience.Bucket(CHANNELS, number(channel, buckets)),
				copied(message.headers(), channel, message.audience().exceptSession()), message.payload());
	}

	/**
	 * Return the announcement of a message in a recorded channel.
	 * @param message the message
	 * @param node the id of the node that announces, with a number of its own. The
	 * message itself may be one of another node, which this node took from an outbox
	 * @param channel the channel's name
	 * @param buckets how many buckets there are
	 * @param position its position, or {@code null} if it is not known whether the log
	 * has the message
	 * @param more whether the log may have later messages that are not announced
	 * @return the announcement, without a sequence
	 */
	public static Envelope announcement(Envelope message, UUID node, String channel, int buckets,
			@Nullable Position position, boolean more) {
		Map<String, String> headers = new HashMap<>();
		headers.put(CHANNEL, channel);
		if (position != null) {
			headers.put(EPOCH, position.epoch());
			headers.put(OFFSET, Long.toString(position.offset()));
		}
		if (more || position == null) {
			headers.put(MORE, "1");
		}
		return envelope(message, node, new Audience.Bucket(LOGS, number(channel, buckets)), headers, NO_PAYLOAD);
	}

	private static Envelope envelope(Envelope message, UUID origin, Audience audience, Map<String, String> headers,
			Payload payload) {
		return new Envelope(message.id(), origin, Envelope.Kind.MESSAGE, message.time(), audience, headers, payload,
				null, null);
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
