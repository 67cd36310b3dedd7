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
 * The message that the append script publishes: an envelope with its position. The script
 * encodes it in Lua. Lengths are checked before they are used.
 *
 * @param envelope the envelope
 * @param position the envelope's position in its channel's log
 */
record RecordedFrame(Envelope envelope, Position position) {

	private static final byte MAGIC_1 = 'A';

	private static final byte MAGIC_2 = 'L';

	private static final byte VERSION = 1;

	private static final int MAX_EPOCH = 255;

	/**
	 * Return whether bytes are a frame and not an envelope.
	 * @param bytes a message from Redis
	 * @return whether it starts with the magic bytes of a frame
	 */
	static boolean isFrame(byte[] bytes) {
		return bytes.length > 1 && bytes[0] == MAGIC_1 && bytes[1] == MAGIC_2;
	}

	/**
	 * Decode a frame.
	 * @param bytes a message from Redis; not modified
	 * @param codec decodes the envelope
	 * @return the frame
	 * @throws WireFormatException if the bytes are not a readable frame
	 */
	static RecordedFrame decode(byte[] bytes, EnvelopeCodec codec) {
		WireReader in = new WireReader(bytes);
		in.readMagic(MAGIC_1, MAGIC_2);
		in.readVersion(VERSION);
		Position position = position(in);
		Envelope envelope = codec.decode(in.read(in.remaining()));
		if (envelope.log() == null) {
			throw new WireFormatException(Reason.MALFORMED, "A recorded envelope has no log options");
		}
		return new RecordedFrame(envelope, position);
	}

	/**
	 * Decode a position as the script encodes it.
	 * @param in the reader, at the position
	 * @return the position
	 * @throws WireFormatException if there is no valid position
	 */
	static Position position(WireReader in) {
		String epoch = new String(in.readShortBytes(MAX_EPOCH), StandardCharsets.US_ASCII);
		long offset = in.readLong();
		if (offset < 1 || epoch.isEmpty() || !epoch.chars().allMatch((letter) -> letter > ' ' && letter < 0x7F)) {
			throw new WireFormatException(Reason.MALFORMED, "The position of a recorded envelope is not valid");
		}
		return new Position(epoch, offset);
	}

}
