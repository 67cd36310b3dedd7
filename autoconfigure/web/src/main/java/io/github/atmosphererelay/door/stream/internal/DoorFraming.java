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

package io.github.atmosphererelay.door.stream.internal;

import java.nio.charset.StandardCharsets;
import java.util.concurrent.ThreadLocalRandom;

import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.internal.OutboundMessage;
import io.github.atmosphererelay.transport.http.internal.StreamFraming;
import org.jspecify.annotations.Nullable;

/**
 * The framing of one client of this door. Knows how far the client is in each channel
 * once it has read what was written. Frames of the door are encoded when they are
 * written, because only then it is known where the client is.
 */
abstract class DoorFraming implements StreamFraming {

	/** The range of the times after which clients come back, in milliseconds. */
	private static final int MIN_RETRY = 500;

	private static final int MAX_RETRY = 3_000;

	/** A stream that ends by age is asked for again at once: nothing is wrong. */
	private static final int MAX_RETRY_OF_AGE = 500;

	/** The approximate size of a frame in bytes. */
	private static final int FRAME = 400;

	private final PositionVector positions;

	/**
	 * Create a framing.
	 * @param positions where the client begins
	 */
	DoorFraming(PositionVector positions) {
		this.positions = positions;
	}

	static DoorFraming of(StreamFormat format, StreamRequest request) {
		return switch (format) {
			case EVENTS -> new EventFraming(request.since(), request.wrapped());
			case LINES -> new LineFraming(request.since());
		};
	}

	PositionVector positions() {
		return this.positions;
	}

	/**
	 * Create a frame of the door.
	 * @param type what it tells the client
	 * @param json the frame as a JSON object that begins with its type
	 * @param channel the channel, or {@code null}
	 * @param position the client's position in the channel once it has read the frame, or
	 * {@code null} if it does not change
	 */
	OutboundMessage control(String type, String json, @Nullable String channel, @Nullable Position position) {
		return OutboundMessage.frame(FRAME, () -> {
			boolean moved = channel != null && position != null && this.positions.move(channel, position);
			return Payload.text(encode(type, json, moved ? this.positions.toString() : null));
		});
	}

	/**
	 * Create a frame that moves the client on without an event.
	 */
	OutboundMessage skip(String channel, Position position) {
		return OutboundMessage.frame(FRAME, () -> {
			this.positions.move(channel, position);
			return Payload.text(encodeId(this.positions.toString()));
		});
	}

	/**
	 * Move on to a message's position.
	 * @return the id of the message, or {@code null} if it has none
	 */
	@Nullable String idOf(OutboundMessage message) {
		Publication publication = message.publication();
		Position position = (publication != null) ? publication.position() : null;
		return (publication != null && position != null && this.positions.move(publication.channel(), position))
				? this.positions.toString() : null;
	}

	/**
	 * Encode a frame of the door.
	 * @param type what it tells the client
	 * @param json the frame as a JSON object
	 * @param id the id, or {@code null} if the client stays where it is
	 */
	abstract byte[] encode(String type, String json, @Nullable String id);

	/**
	 * Encode an id without an event.
	 */
	abstract byte[] encodeId(String id);

	static int retryMillis() {
		return MIN_RETRY + ThreadLocalRandom.current().nextInt(MAX_RETRY - MIN_RETRY);
	}

	static int retryMillis(CloseReason reason) {
		return reason.equals(CloseReason.STREAM_AGE) ? ThreadLocalRandom.current().nextInt(MAX_RETRY_OF_AGE)
				: retryMillis();
	}

	static byte[] utf8(String text) {
		return text.getBytes(StandardCharsets.UTF_8);
	}

	/**
	 * Put two arrays together.
	 */
	static byte[] join(byte[] first, byte[] second) {
		byte[] both = new byte[first.length + second.length];
		System.arraycopy(first, 0, both, 0, first.length);
		System.arraycopy(second, 0, both, first.length, second.length);
		return both;
	}

}
