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

package io.github.atmosphererelay.feed.internal;

import java.util.LinkedHashSet;
import java.util.Set;
import java.util.UUID;

import io.github.atmosphererelay.feed.InterestChange;
import io.github.atmosphererelay.message.WireFormatException;
import io.github.atmosphererelay.message.internal.WireReader;
import io.github.atmosphererelay.message.internal.WireWriter;

/**
 * The format of notices in Redis: the type, the node's id, and for all but the last type
 * the feed, the version and perhaps the channels.
 */
final class InterestNoticeCodec {

	private static final byte CHANGED = 1;

	private static final byte REPLACED = 2;

	private static final byte FORGOTTEN = 3;

	private InterestNoticeCodec() {
	}

	static byte[] encode(InterestNotice notice) {
		WireWriter out = new WireWriter();
		if (notice instanceof InterestNotice.Changed changed) {
			InterestChange change = changed.change();
			begin(out, CHANGED, change.node());
			out.writeString(change.feed());
			out.writeLong(change.version());
			write(change.added(), out);
			write(change.removed(), out);
		}
		else if (notice instanceof InterestNotice.Replaced replaced) {
			begin(out, REPLACED, replaced.node());
			out.writeString(replaced.feed());
			out.writeLong(replaced.version());
		}
		else {
			begin(out, FORGOTTEN, notice.node());
		}
		return out.toByteArray();
	}

	private static void begin(WireWriter out, byte type, UUID node) {
		out.writeByte(type);
		out.writeId(node);
	}

	private static void write(Set<String> channels, WireWriter out) {
		out.writeInt(channels.size());
		channels.forEach(out::writeString);
	}

	/**
	 * Decode a notice.
	 * @throws WireFormatException if the bytes are something else
	 */
	static InterestNotice decode(byte[] bytes) {
		WireReader in = new WireReader(bytes);
		byte type = in.readByte();
		UUID node = in.readId();
		return switch (type) {
			case CHANGED -> new InterestNotice.Changed(
					new InterestChange(in.readString(bytes.length), node, in.readLong(), read(in), read(in)));
			case REPLACED -> new InterestNotice.Replaced(in.readString(bytes.length), node, in.readLong());
			case FORGOTTEN -> new InterestNotice.Forgotten(node);
			default -> throw new WireFormatException(WireFormatException.Reason.UNKNOWN_VERSION,
					"Unknown type of notice: " + type);
		};
	}

	private static Set<String> read(WireReader in) {
		int count = in.readCount();
		Set<String> channels = new LinkedHashSet<>();
		for (int i = 0; i < count; i++) {
			channels.add(in.readString(in.remaining()));
		}
		return channels;
	}

}
