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

package io.github.atmosphererelay.session.internal;

import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;

import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.Publication;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * An outbound message. One object is shared by the queues of all its receivers.
 */
public final class OutboundMessage {

	private static final Log logger = LogFactory.getLog(OutboundMessage.class);

	/**
	 * The header of messages that the library sends to its own pages, such as the figures
	 * of the console. They are counted separately, because watching the figures must not
	 * change them. The header's value has no meaning.
	 */
	public static final String INTERNAL = "atmosphere-internal";

	private final int size;

	/** Whether room is reserved for the message, so that its end has to be reported. */
	private final boolean reserved;

	private @Nullable Runnable whenDone;

	/** Created when it is first needed, if the message has a supplier for it. */
	private volatile @Nullable Payload payload;

	private final @Nullable Supplier<Payload> deferred;

	private final @Nullable String channel;

	private final @Nullable Publication publication;

	private final Map<String, String> headers;

	private final boolean frame;

	private final boolean internal;

	/** The encoded forms; replaced as a whole, so that a race only encodes twice. */
	private volatile @Nullable Encoded encoded;

	private OutboundMessage(Payload payload, @Nullable String channel, @Nullable Publication publication,
			Map<String, String> headers, boolean frame, @Nullable Runnable whenDone) {
		this.reserved = whenDone != null;
		this.whenDone = whenDone;
		this.payload = Objects.requireNonNull(payload, "'payload' must not be null");
		this.size = payload.size();
		this.deferred = null;
		this.channel = channel;
		this.publication = publication;
		this.headers = headers;
		this.frame = frame;
		this.internal = headers.containsKey(INTERNAL);
	}

	private OutboundMessage(int size, Supplier<Payload> deferred, @Nullable Runnable whenDone) {
		this.reserved = whenDone != null;
		this.whenDone = whenDone;
		this.size = size;
		this.deferred = deferred;
		this.channel = null;
		this.publication = null;
		this.headers = Map.of();
		this.frame = true;
		this.internal = false;
	}

	/**
	 * Create a message.
	 * @param payload what is sent
	 * @param channel the channel that it belongs to, or {@code null} if it was sent to
	 * users or sessions
	 */
	public OutboundMessage(Payload payload, @Nullable String channel) {
		this(payload, channel, Map.of());
	}

	/**
	 * Create a message with headers.
	 * @param payload what is sent
	 * @param channel the channel that it belongs to, or {@code null} if it was sent to
	 * users or sessions
	 * @param headers the message's headers, not modifiable
	 */
	public OutboundMessage(Payload payload, @Nullable String channel, Map<String, String> headers) {
		this(payload, channel, null, headers, false, null);
	}

	/**
	 * Create a message of a recorded channel.
	 * @param publication the message as it was published
	 * @return the message
	 */
	public static OutboundMessage of(Publication publication) {
		return new OutboundMessage(publication.payload(), publication.channel(), publication, publication.headers(),
				false, null);
	}

	/**
	 * Create a message of a recorded channel that one client has missed. It is counted by
	 * the node's {@link ReplayBudget} and not by the limits of the client's queue.
	 * @param publication the message as it was published
	 * @param whenDone called once, when the client's socket has accepted the message or
	 * the message is dropped; must not block
	 * @return the message, for one session
	 */
	public static OutboundMessage replay(Publication publication, Runnable whenDone) {
		return new OutboundMessage(publication.payload(), publication.channel(), publication, publication.headers(),
				false, whenDone);
	}

	/**
	 * Create a frame of a door, which is written as it is.
	 * @param payload the frame
	 * @return the message
	 */
	public static OutboundMessage frame(Payload payload) {
		return new OutboundMessage(payload, null, null, Map.of(), true, null);
	}

	/**
	 * Create a frame of a door that is expensive to encode. It is encoded when it is
	 * written, not when it is queued.
	 * @param size its approximate size in bytes
	 * @param frame encodes the frame; must not block
	 * @return the message
	 */
	public static OutboundMessage frame(int size, Supplier<Payload> frame) {
		return new OutboundMessage(size, frame, null);
	}

	/**
	 * Create a frame of a door with a large answer for one client. It is encoded when it
	 * is written, and counted by the node's {@link ReplayBudget} and not by the limits of
	 * the client's queue.
	 * @param size its approximate size in bytes
	 * @param frame encodes the frame; must not block
	 * @param whenDone called once, when the client's socket has accepted the frame or the
	 * frame is dropped; must not block
	 * @return the message, for one session
	 */
	public static OutboundMessage replay(int size, Supplier<Payload> frame, Runnable whenDone) {
		return new OutboundMessage(size, frame, whenDone);
	}

	/**
	 * Return the payload.
	 * @return the payload
	 */
	public Payload payload() {
		Payload payload = this.payload;
		if (payload == null) {
			payload = Objects.requireNonNull(this.deferred, "A message has a payload").get();
			this.payload = payload;
		}
		return payload;
	}

	/**
	 * Return the channel that the message belongs to.
	 * @return the channel's name, or {@code null}
	 */
	public @Nullable String channel() {
		return this.channel;
	}

	/**
	 * Return the message as it was published.
	 * @return the publication, or {@code null} if the channel is not recorded
	 */
	public @Nullable Publication publication() {
		return this.publication;
	}

	/**
	 * Return the message's headers.
	 * @return the headers
	 */
	public Map<String, String> headers() {
		return this.headers;
	}

	/**
	 * Return whether this is a frame of a door and not a message of a publisher.
	 * @return whether it is written unchanged
	 */
	public boolean isFrame() {
		return this.frame;
	}

	/**
	 * Return the message in the format of a door. It is encoded once for all receivers of
	 * the same format.
	 * @param format the format; the same object for all sessions of a kind
	 * @return the bytes that are written to the socket
	 */
	public Payload encoded(MessageFormat format) {
		if (this.frame) {
			return payload();
		}
		Encoded first = this.encoded;
		for (Encoded each = first; each != null; each = each.next) {
			if (each.format == format) {
				return each.payload;
			}
		}
		Payload payload = format.encode(this);
		this.encoded = new Encoded(format, payload, first);
		return payload;
	}

	int size() {
		return this.size;
	}

	/**
	 * Return whether the library sends this to its own pages.
	 */
	boolean isInternal() {
		return this.internal;
	}

	/**
	 * Return whether room is reserved for the message until it is written or dropped.
	 */
	boolean isReserved() {
		return this.reserved;
	}

	/**
	 * Report that the message was dropped. Does nothing after {@link #takeDone()}.
	 */
	void done() {
		if (this.reserved) {
			run(takeDone());
		}
	}

	/**
	 * Take the callback that has to be {@linkplain #run run} when the message has been
	 * written, so that the message itself need not be kept until then.
	 * @return the callback, or {@code null} if it was taken before
	 */
	synchronized @Nullable Runnable takeDone() {
		Runnable whenDone = this.whenDone;
		this.whenDone = null;
		return whenDone;
	}

	static void run(@Nullable Runnable whenDone) {
		if (whenDone != null) {
			try {
				whenDone.run();
			}
			catch (RuntimeException | Error ex) {
				// The caller is a writer, or a thread that ends the session, and has to
				// continue
				logger.error("What follows the end of a message failed", ex);
			}
		}
	}

	/**
	 * One encoded form of the message, linked to those that were encoded before.
	 */
	private record Encoded(MessageFormat format, Payload payload, @Nullable Encoded next) {
	}

}
