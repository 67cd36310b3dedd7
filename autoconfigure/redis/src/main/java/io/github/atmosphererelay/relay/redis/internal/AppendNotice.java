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

import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.WireFormatException;
import io.github.atmosphererelay.message.WireFormatException.Reason;
import io.github.atmosphererelay.message.internal.WireReader;

/**
 * What the append script publishes for the owners of a channel's lane.
 *
 * @param channel the channel's name
 * @param position the position of what was appended
 */
record AppendNotice(String channel, Position position) {

	private static final byte MAGIC_1 = 'A';

	private static final byte MAGIC_2 = 'G';

	private static final byte VERSION = 1;

	private static final int MAX_CHANNEL_BYTES = 64 * 1024;

	/**
	 * Return whether bytes are a notice.
	 * @param bytes a message from Redis
	 * @return whether it starts with the magic bytes of a notice
	 */
	static boolean isNotice(byte[] bytes) {
		return bytes.length > 1 && bytes[0] == MAGIC_1 && bytes[1] == MAGIC_2;
	}

	/**
	 * Decode a notice.
	 * @param bytes a message from Redis; not modified
	 * @return the notice
	 * @throws WireFormatException if the bytes are not a readable notice
	 */
	static AppendNotice decode(byte[] bytes) {
		WireReader in = new WireReader(bytes);
		in.readMagic(MAGIC_1, MAGIC_2);
		in.readVersion(VERSION);
		Position position = RecordedFrame.position(in);
		if (in.remaining() == 0 || in.remaining() > MAX_CHANNEL_BYTES) {
			throw new WireFormatException(Reason.MALFORMED, "A notice has no channel");
		}
		return new AppendNotice(new String(in.read(in.remaining()), StandardCharsets.UTF_8), position);
	}

}
