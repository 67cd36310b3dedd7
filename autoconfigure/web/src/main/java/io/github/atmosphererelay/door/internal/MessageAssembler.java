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

package io.github.atmosphererelay.door.internal;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;

import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.transport.internal.ControlRate;
import io.github.bucket4j.Bucket;
import org.jspecify.annotations.Nullable;

/**
 * Assembles the messages of one client from their parts, and enforces the limits of size
 * and rate. For the one thread that reads; {@link #checkRate()} may be called by other
 * threads.
 */
public final class MessageAssembler {

	/**
	 * Parts below this size count as messages, because each part has a cost, however
	 * small it is. Parts that the network has cut are larger.
	 */
	private static final int SMALL_PART = 64;

	private final int maxMessageSize;

	private final @Nullable Bucket bucket;

	private final ControlRate controlRate = new ControlRate();

	private @Nullable StringBuilder text;

	private @Nullable ByteArrayOutputStream binary;

	/**
	 * Create an assembler.
	 * @param settings the settings for WebSocket clients
	 */
	public MessageAssembler(WebSocketSettings settings) {
		this(settings.maxMessageSize(), (settings.messagesPerSecond() > 0) ? bucket(settings) : null);
	}

	/**
	 * Create an assembler without a limit of the rate.
	 * @param maxMessageSize the maximum size of a message in bytes
	 */
	public MessageAssembler(int maxMessageSize) {
		this(maxMessageSize, null);
	}

	private MessageAssembler(int maxMessageSize, @Nullable Bucket bucket) {
		this.maxMessageSize = maxMessageSize;
		this.bucket = bucket;
	}

	private static Bucket bucket(WebSocketSettings settings) {
		return Bucket.builder()
			.addLimit((limit) -> limit.capacity(Math.max(settings.burst(), settings.messagesPerSecond()))
				.refillGreedy(settings.messagesPerSecond(), Duration.ofSeconds(1)))
			.build();
	}

	/**
	 * Add a part of a text message.
	 * @param part the part
	 * @param last whether it is the last part
	 * @return the message if it is complete, otherwise {@code null}
	 * @throws RefusedMessageException if the client exceeds a limit
	 */
	public @Nullable Payload text(String part, boolean last) {
		StringBuilder parts = this.text;
		int length = part.length() + ((parts != null) ? parts.length() : 0);
		// A character has at least one byte in UTF-8, so a text that is too long is found
		// before its end.
		checkSize(length);
		checkProgress(part.length(), last);
		if (!last) {
			if (parts == null) {
				parts = new StringBuilder(Math.max(256, 2 * part.length()));
				this.text = parts;
			}
			parts.append(part);
			return null;
		}
		this.text = null;
		Payload payload = Payload.text((parts != null) ? parts.append(part).toString() : part);
		checkSize(payload.size());
		checkRate();
		return payload;
	}

	/**
	 * Add a part of a binary message.
	 * @param part the part
	 * @param last whether it is the last part
	 * @return the message if it is complete, otherwise {@code null}
	 * @throws RefusedMessageException if the client exceeds a limit
	 */
	public @Nullable Payload binary(ByteBuffer part, boolean last) {
		ByteArrayOutputStream parts = this.binary;
		checkSize(part.remaining() + ((parts != null) ? parts.size() : 0));
		checkProgress(part.remaining(), last);
		byte[] bytes = new byte[part.remaining()];
		part.get(bytes);
		if (!last || parts != null) {
			if (parts == null) {
				parts = new ByteArrayOutputStream(Math.max(256, 2 * bytes.length));
				this.binary = parts;
			}
			parts.writeBytes(bytes);
		}
		if (!last) {
			return null;
		}
		this.binary = null;
		checkRate();
		return Payload.binary((parts != null) ? parts.toByteArray() : bytes);
	}

	private void checkSize(int size) {
		if (size > this.maxMessageSize) {
			this.text = null;
			this.binary = null;
			throw new RefusedMessageException(CloseReason.TOO_BIG);
		}
	}

	private void checkProgress(int size, boolean last) {
		if (size < SMALL_PART && !last) {
			checkRate();
		}
	}

	/**
	 * Count a ping or pong.
	 * @throws RefusedMessageException if the client sends too many of them
	 */
	public void checkControlRate() {
		if (!this.controlRate.allows()) {
			throw new RefusedMessageException(CloseReason.RATE_LIMIT);
		}
	}

	/**
	 * Count an action that costs as much as a message.
	 * @throws RefusedMessageException if the client exceeds its rate
	 */
	public void checkRate() {
		if (this.bucket != null && !this.bucket.tryConsume(1)) {
			throw new RefusedMessageException(CloseReason.RATE_LIMIT);
		}
	}

}
