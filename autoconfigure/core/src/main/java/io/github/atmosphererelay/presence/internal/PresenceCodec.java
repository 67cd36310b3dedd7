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

package io.github.atmosphererelay.presence.internal;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;

import io.github.atmosphererelay.message.WireFormatException;
import io.github.atmosphererelay.message.WireFormatException.Reason;
import io.github.atmosphererelay.message.internal.WireReader;
import io.github.atmosphererelay.message.internal.WireWriter;
import io.github.atmosphererelay.presence.internal.PresenceMessage.Ask;
import io.github.atmosphererelay.presence.internal.PresenceMessage.Change;
import io.github.atmosphererelay.presence.internal.PresenceMessage.Chunk;
import io.github.atmosphererelay.presence.internal.PresenceMessage.Delta;
import io.github.atmosphererelay.presence.internal.PresenceMessage.Digest;
import org.jspecify.annotations.Nullable;

/**
 * Encodes and decodes presence messages. A message contains each channel name once,
 * followed by references to its index. A session id of the sending node is written
 * without the node's id, with which it begins.
 */
final class PresenceCodec {

	private static final byte VERSION = 1;

	private static final int MAX_STRING = 1 << 20;

	private static final int DELTA = 1;

	private static final int DIGEST = 2;

	private static final int ASK = 3;

	private static final int CHUNK = 4;

	private static final int REMOVED = 0;

	private static final int ANONYMOUS = 1;

	private static final int OF_USER = 2;

	private static final int FULL_ID = 4;

	/** The maximum number of bytes before the first change, rounded up. */
	private static final int HEADER = 64;

	/** The maximum number of bytes of a change without its strings, rounded up. */
	private static final int FIXED = 32;

	private PresenceCodec() {
	}

	/**
	 * Encode a message of a node.
	 */
	static byte[] encode(UUID owner, PresenceMessage message) {
		WireWriter out = new WireWriter();
		out.writeByte(VERSION);
		if (message instanceof Delta delta) {
			out.writeByte(DELTA);
			out.writeLong(delta.from());
			out.writeLong(delta.to());
			write(out, owner, delta.changes());
			writeMoved(out, delta.changes());
		}
		else if (message instanceof Digest digest) {
			out.writeByte(DIGEST);
			out.writeLong(digest.version());
			out.writeInt(digest.count());
			out.writeLong(digest.hash());
		}
		else if (message instanceof Ask ask) {
			out.writeByte(ASK);
			out.writeLong(ask.id());
			out.writeLong(ask.have());
		}
		else if (message instanceof Chunk chunk) {
			out.writeByte(CHUNK);
			out.writeLong(chunk.ask());
			out.writeInt(chunk.index());
			out.writeByte(chunk.last() ? 1 : 0);
			out.writeLong(chunk.version());
			write(out, owner, chunk.entries().stream().map(Change::of).toList());
		}
		return out.toByteArray();
	}

	private static void write(WireWriter out, UUID owner, List<Change> changes) {
		String prefix = owner + ".";
		Map<String, Integer> channels = new HashMap<>();
		out.writeInt(changes.size());
		for (Change change : changes) {
			PresenceEntry entry = change.entry();
			String session = change.key().session();
			boolean own = session.startsWith(prefix);
			int kind = (entry != null) ? kindOf(entry) : REMOVED;
			out.writeByte(own ? kind : kind | FULL_ID);
			Integer known = channels.putIfAbsent(change.key().channel(), channels.size());
			out.writeInt((known != null) ? known : channels.size() - 1);
			if (known == null) {
				out.writeString(change.key().channel());
			}
			out.writeString(own ? session.substring(prefix.length()) : session);
			if (entry != null) {
				write(out, entry);
			}
		}
	}

	/**
	 * Write which removals are moves. Older releases do not read what follows the
	 * changes, and take all for leaves.
	 */
	private static void writeMoved(WireWriter out, List<Change> changes) {
		int[] moved = IntStream.range(0, changes.size()).filter((index) -> changes.get(index).moved()).toArray();
		if (moved.length > 0) {
			out.writeInt(moved.length);
			IntStream.of(moved).forEach(out::writeInt);
		}
	}

	private static List<Change> readMoved(WireReader in, List<Change> changes) {
		if (in.remaining() == 0) {
			return changes;
		}
		int count = in.readCount();
		for (int i = 0; i < count; i++) {
			int index = in.readInt();
			if (index < 0 || index >= changes.size() || changes.get(index).entry() != null) {
				throw new WireFormatException(Reason.MALFORMED, "A presence message refers to an unknown removal");
			}
			changes.set(index, new Change(changes.get(index).key(), null, true));
		}
		return changes;
	}

	private static int kindOf(PresenceEntry entry) {
		return (entry.user() != null) ? OF_USER : ANONYMOUS;
	}

	private static void write(WireWriter out, PresenceEntry entry) {
		if (entry.user() != null) {
			out.writeString(entry.user());
		}
		out.writeLong(entry.joinedAt());
		out.writeInt(entry.attributes().size());
		entry.attributes().forEach((name, value) -> {
			out.writeString(name);
			out.writeString(value);
		});
	}

	/**
	 * Decode a message of a node.
	 * @throws RuntimeException if the bytes are not a valid message
	 */
	static PresenceMessage decode(UUID owner, ByteBuffer buffer) {
		WireReader in = new WireReader(buffer);
		in.readVersion(VERSION);
		byte type = in.readByte();
		return switch (type) {
			case DELTA -> new Delta(in.readLong(), in.readLong(), readMoved(in, readChanges(owner, in)));
			case DIGEST -> new Digest(in.readLong(), in.readInt(), in.readLong());
			case ASK -> new Ask(in.readLong(), in.readLong());
			case CHUNK ->
				new Chunk(in.readLong(), in.readInt(), in.readByte() != 0, in.readLong(), readEntries(owner, in));
			default -> throw new WireFormatException(Reason.MALFORMED, "Unknown type of presence message: " + type);
		};
	}

	private static List<PresenceEntry> readEntries(UUID owner, WireReader in) {
		List<PresenceEntry> entries = new ArrayList<>();
		for (Change change : readChanges(owner, in)) {
			if (change.entry() == null) {
				throw new WireFormatException(Reason.MALFORMED, "A presence state must not contain removals");
			}
			entries.add(change.entry());
		}
		return entries;
	}

	private static List<Change> readChanges(UUID owner, WireReader in) {
		int count = in.readCount();
		List<Change> changes = new ArrayList<>(count);
		List<String> channels = new ArrayList<>();
		for (int i = 0; i < count; i++) {
			changes.add(readChange(owner, in, channels));
		}
		return changes;
	}

	private static Change readChange(UUID owner, WireReader in, List<String> channels) {
		int flags = in.readByte();
		int index = in.readInt();
		if (index == channels.size()) {
			channels.add(in.readString(MAX_STRING));
		}
		if (index < 0 || index >= channels.size()) {
			throw new WireFormatException(Reason.MALFORMED, "A presence message refers to an unknown channel");
		}
		String channel = channels.get(index);
		String session = in.readString(MAX_STRING);
		PresenceEntry.Key key = new PresenceEntry.Key(channel,
				((flags & FULL_ID) != 0) ? session : owner + "." + session);
		return switch (flags & ~FULL_ID) {
			case REMOVED -> new Change(key, null);
			case ANONYMOUS -> new Change(key, readEntry(in, key, null));
			case OF_USER -> new Change(key, readEntry(in, key, in.readString(MAX_STRING)));
			default -> throw new WireFormatException(Reason.MALFORMED, "Unknown kind of presence entry: " + flags);
		};
	}

	private static PresenceEntry readEntry(WireReader in, PresenceEntry.Key key, @Nullable String user) {
		long joinedAt = in.readLong();
		int count = in.readCount();
		Map<String, String> attributes = (count != 0) ? new HashMap<>() : Map.of();
		for (int i = 0; i < count; i++) {
			attributes.put(in.readString(MAX_STRING), in.readString(MAX_STRING));
		}
		return new PresenceEntry(key.channel(), key.session(), user, attributes, joinedAt);
	}

	/**
	 * Split changes into parts that each fit into one message.
	 * @param changes the changes
	 * @param maxBytes the maximum size of a message in bytes
	 * @return the parts, in order; none if there are no changes
	 */
	static List<List<Change>> splitChanges(List<Change> changes, int maxBytes) {
		return split(changes, PresenceCodec::sizeOf, maxBytes);
	}

	/**
	 * Split entries into parts that each fit into one message.
	 * @param entries the entries
	 * @param maxBytes the maximum size of a message in bytes
	 * @return the parts; none if there are no entries
	 */
	static List<List<PresenceEntry>> splitEntries(List<PresenceEntry> entries, int maxBytes) {
		return split(entries, (entry) -> sizeOf(Change.of(entry)), maxBytes);
	}

	private static <T> List<List<T>> split(List<T> all, ToIntFunction<T> sizeOf, int maxBytes) {
		List<List<T>> parts = new ArrayList<>();
		int begin = 0;
		int size = HEADER;
		for (int i = 0; i < all.size(); i++) {
			int each = sizeOf.applyAsInt(all.get(i));
			if (i > begin && size + each > maxBytes) {
				parts.add(all.subList(begin, i));
				begin = i;
				size = HEADER;
			}
			size += each;
		}
		if (begin < all.size()) {
			parts.add(all.subList(begin, all.size()));
		}
		return parts;
	}

	/**
	 * Return whether an entry fits into a message of the given size in bytes.
	 */
	static boolean fits(PresenceEntry entry, int maxBytes) {
		return HEADER + sizeOf(Change.of(entry)) <= maxBytes;
	}

	private static int sizeOf(Change change) {
		int size = FIXED + sizeOf(change.key().channel()) + sizeOf(change.key().session());
		PresenceEntry entry = change.entry();
		if (entry != null) {
			size += ((entry.user() != null) ? sizeOf(entry.user()) : 0) + sizeOf(entry.attributes());
		}
		return size;
	}

	/**
	 * Return the encoded size of attributes in bytes.
	 */
	static int sizeOf(Map<String, String> attributes) {
		int size = 0;
		for (Map.Entry<String, String> each : attributes.entrySet()) {
			size += sizeOf(each.getKey()) + sizeOf(each.getValue());
		}
		return size;
	}

	private static int sizeOf(String text) {
		int size = 4;
		for (int i = 0; i < text.length(); i++) {
			char each = text.charAt(i);
			// A surrogate pair takes four bytes in UTF-8, so each half counts as two.
			size += (each < 0x80) ? 1 : (each < 0x800 || Character.isSurrogate(each)) ? 2 : 3;
		}
		return size;
	}

}
