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

package io.github.atmosphererelay.benchmark.load;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * What a message of the load says: who published it, as which one, and when. Written as
 * text of a fixed width, because most servers only take text, and padded to the size that
 * is measured.
 *
 * @param publisher the publisher's number
 * @param sequence counts the messages of the publisher to the room, from 1
 * @param message counts the messages of the run, from 0
 * @param sentAt when it was due, by {@link System#nanoTime()}
 */
record Marker(int publisher, int sequence, int message, long sentAt) {

	/**
	 * The publisher's number in messages that only show that a subscriber hears: their
	 * sequence says whom.
	 */
	static final int PRIMER = 0xFFFF;

	/**
	 * The length of a marker that is not padded.
	 */
	static final int LENGTH = 4 + 8 + 8 + 16;

	private static final byte[] DIGITS = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

	static Marker read(ByteBuffer text, int offset) {
		return new Marker((int) number(text, offset, 4), (int) number(text, offset + 4, 8),
				(int) number(text, offset + 12, 8), number(text, offset + 20, 16));
	}

	void write(ByteBuffer text, int size) {
		put(text, this.publisher, 4);
		put(text, this.sequence, 8);
		put(text, this.message, 8);
		put(text, this.sentAt, 16);
		for (int i = LENGTH; i < size; i++) {
			text.put((byte) 'x');
		}
	}

	private static void put(ByteBuffer text, long number, int digits) {
		for (int i = digits - 1; i >= 0; i--) {
			text.put(DIGITS[(int) (number >>> (4 * i)) & 15]);
		}
	}

	private static long number(ByteBuffer text, int offset, int digits) {
		long number = 0;
		for (int i = offset; i < offset + digits; i++) {
			number = (number << 4) | Character.digit(text.get(i), 16);
		}
		return number;
	}

}
