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

package io.github.atmosphererelay.door.atmosphere.internal;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;

import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.session.internal.OutboundMessage;
import org.jspecify.annotations.Nullable;

/**
 * The messages of a client that polls for which there was no request yet. What does not
 * fit waits in the session's own queue, whose limits and policy apply. Guarded by its
 * owner's lock.
 */
final class PollBuffer {

	/** As much as a writer takes from a session's queue at once. */
	private static final int MAX_MESSAGES = 256;

	private static final int MAX_BYTES = 64 * 1024;

	private final PollFormat format;

	private final Queue<Entry> entries = new ArrayDeque<>(2);

	private int bytes;

	PollBuffer(PollFormat format) {
		this.format = format;
	}

	void add(OutboundMessage message) throws IOException {
		byte[] text = this.format.bytes(message);
		if (text.length > 0) {
			Publication publication = message.publication();
			this.entries.add(new Entry(text, (publication != null) ? publication.channel() : null,
					(publication != null) ? publication.position() : null));
			this.bytes += text.length;
		}
	}

	boolean isEmpty() {
		return this.entries.isEmpty();
	}

	/**
	 * Return whether there are messages that move the client on.
	 */
	boolean hasPositions() {
		return this.entries.stream().anyMatch((entry) -> entry.position != null);
	}

	boolean isFull() {
		return this.entries.size() >= MAX_MESSAGES || this.bytes >= MAX_BYTES;
	}

	/**
	 * Take as many messages as fit into an answer: one, if the client could not tell them
	 * from each other.
	 * @return the messages, or {@code null} if there are none
	 */
	@Nullable Batch take() {
		if (this.entries.isEmpty()) {
			return null;
		}
		ByteArrayOutputStream body = new ByteArrayOutputStream();
		Map<String, Position> positions = new HashMap<>(2);
		do {
			Entry entry = this.entries.remove();
			this.bytes -= entry.text.length;
			body.writeBytes(entry.text);
			if (entry.channel != null && entry.position != null) {
				positions.put(entry.channel, entry.position);
			}
		}
		while (this.format.isSeparated() && !this.entries.isEmpty()
				&& body.size() + this.entries.element().text.length <= MAX_BYTES);
		return new Batch(body.toByteArray(), positions);
	}

	/**
	 * Messages that are sent in one answer.
	 *
	 * @param body the messages
	 * @param positions the client's positions once it has received them, by channel
	 */
	record Batch(byte[] body, Map<String, Position> positions) {
	}

	/**
	 * A message.
	 */
	private record Entry(byte[] text, @Nullable String channel, @Nullable Position position) {
	}

}
