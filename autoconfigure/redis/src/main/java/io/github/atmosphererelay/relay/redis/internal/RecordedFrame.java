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

package io.github.atmosphererelay.relay.redis.internal;

import java.nio.charset.StandardCharsets;

import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.WireFormatException;
import io.github.atmosphererelay.message.WireFormatException.Reason;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.message.internal.WireReader;

/**
 * What the script for appending publishes: an envelope with its position. Written in Lua,
 * read here; lengths are checked before they are believed.
 *
 * @param envelope the envelope
 * @param position its place in its channel's log
 */
record RecordedFrame(Envelope envelope, Position position) {

	private static final byte MAGIC_1 = 'A';

	private static final byte MAGIC_2 = 'L';

	private static final byte VERSION = 1;

	private static final int MAX_EPOCH = 255;

	/**
	 * Tell frames from envelopes.
	 * @param bytes what came from Redis
	 * @return whether it begins like a frame
	 */
	static boolean isFrame(byte[] bytes) {
		return bytes.length > 1 && bytes[0] == MAGIC_1 && bytes[1] == MAGIC_2;
	}

	/**
	 * Read a frame.
	 * @param bytes what came from Redis; not modified
	 * @param codec reads the envelope
	 * @return the frame
	 * @throws WireFormatException if the bytes are not a frame that can be read
	 */
	static RecordedFrame decode(byte[] bytes, EnvelopeCodec codec) {
		WireReader in = new WireReader(bytes);
		in.readMagic(MAGIC_1, MAGIC_2);
		in.readVersion(VERSION);
		Position position = position(in);
		Envelope envelope = codec.decode(in.read(in.remaining()));
		if (envelope.log() == null) {
			throw new WireFormatException(Reason.MALFORMED, "Recorded envelope without log options");
		}
		return new RecordedFrame(envelope, position);
	}

	/**
	 * Read a position as the script writes it.
	 * @param in at the position, which is read
	 * @return the position
	 * @throws WireFormatException if there is none
	 */
	static Position position(WireReader in) {
		String epoch = new String(in.readShortBytes(MAX_EPOCH), StandardCharsets.US_ASCII);
		long offset = in.readLong();
		if (offset < 1 || epoch.isEmpty() || !epoch.chars().allMatch((letter) -> letter > ' ' && letter < 0x7F)) {
			throw new WireFormatException(Reason.MALFORMED, "Invalid position");
		}
		return new Position(epoch, offset);
	}

}
