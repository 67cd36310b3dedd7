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

package io.github.atmosphererelay.listening;

import java.util.Objects;

import io.github.atmosphererelay.message.Position;
import org.jspecify.annotations.Nullable;

/**
 * Where a subscriber of a channel begins, and how much is buffered for it. Immutable.
 */
public final class ListenOptions {

	/**
	 * The number of publications that are buffered unless something else is set.
	 */
	public static final int DEFAULT_BUFFER_MESSAGES = 1000;

	/**
	 * The number of payload bytes that are buffered unless something else is set.
	 */
	public static final int DEFAULT_BUFFER_BYTES = 1024 * 1024;

	private static final ListenOptions NOW = new ListenOptions(Start.NOW, null, DEFAULT_BUFFER_MESSAGES,
			DEFAULT_BUFFER_BYTES, OverflowPolicy.DROP_OLDEST);

	private final Start start;

	private final @Nullable Position position;

	private final int bufferMessages;

	private final int bufferBytes;

	private final OverflowPolicy overflow;

	private ListenOptions(Start start, @Nullable Position position, int bufferMessages, int bufferBytes,
			OverflowPolicy overflow) {
		this.start = start;
		this.position = position;
		this.bufferMessages = bufferMessages;
		this.bufferBytes = bufferBytes;
		this.overflow = overflow;
	}

	/**
	 * Begin with what is published from now on. In an ephemeral channel these are this
	 * node's publications from the moment of subscribing, and those of other nodes once
	 * the broker has confirmed, which takes some milliseconds. In a recorded channel it
	 * is everything after the end of the log that this node knows at that moment, or
	 * finds when the broker can be reached.
	 * @return the options
	 */
	public static ListenOptions fromNow() {
		return NOW;
	}

	/**
	 * Begin after a position in the log of a recorded channel, for example that of the
	 * last publication that was handled before a restart.
	 * @param position the position, which is not part of the stream
	 * @return the options
	 */
	public static ListenOptions since(Position position) {
		return new ListenOptions(Start.POSITION, Objects.requireNonNull(position, "'position' must not be null"),
				DEFAULT_BUFFER_MESSAGES, DEFAULT_BUFFER_BYTES, OverflowPolicy.DROP_OLDEST);
	}

	/**
	 * Begin with the oldest publication that the log of a recorded channel has.
	 * @return the options
	 */
	public static ListenOptions fromBeginning() {
		return new ListenOptions(Start.BEGINNING, null, DEFAULT_BUFFER_MESSAGES, DEFAULT_BUFFER_BYTES,
				OverflowPolicy.DROP_OLDEST);
	}

	/**
	 * Return the same options with another buffer. One publication fits in any case. A
	 * subscriber of a recorded channel can have as much again in memory while it reads
	 * the log.
	 * @param messages the maximum number of publications, 1 or more
	 * @param bytes the maximum number of payload bytes, 1 or more
	 * @return the options
	 */
	public ListenOptions buffer(int messages, int bytes) {
		if (messages < 1 || bytes < 1) {
			throw new IllegalArgumentException("A buffer has room for at least one message and one byte");
		}
		return new ListenOptions(this.start, this.position, messages, bytes, this.overflow);
	}

	/**
	 * Return the same options with another policy for a buffer that is full. Applies to
	 * ephemeral channels.
	 * @param policy the policy
	 * @return the options
	 */
	public ListenOptions overflow(OverflowPolicy policy) {
		return new ListenOptions(this.start, this.position, this.bufferMessages, this.bufferBytes,
				Objects.requireNonNull(policy, "'policy' must not be null"));
	}

	/**
	 * Return whether the stream begins with what is published from now on.
	 * @return whether it does
	 */
	public boolean isFromNow() {
		return this.start == Start.NOW;
	}

	/**
	 * Return the position after which the stream begins.
	 * @return the position, or {@code null} if it does not begin after a position
	 */
	public @Nullable Position position() {
		return this.position;
	}

	/**
	 * Return how many publications are buffered.
	 * @return the maximum number
	 */
	public int bufferMessages() {
		return this.bufferMessages;
	}

	/**
	 * Return how many payload bytes are buffered.
	 * @return the maximum number
	 */
	public int bufferBytes() {
		return this.bufferBytes;
	}

	/**
	 * Return what happens if the buffer of an ephemeral channel is full.
	 * @return the policy
	 */
	public OverflowPolicy overflow() {
		return this.overflow;
	}

	private enum Start {

		NOW, POSITION, BEGINNING

	}

}
