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

package io.github.atmosphererelay.durable.internal;

import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

import io.github.atmosphererelay.durable.StoredSession;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.WireFormatException;
import io.github.atmosphererelay.message.internal.WireReader;
import io.github.atmosphererelay.message.internal.WireWriter;
import org.jspecify.annotations.Nullable;

/**
 * Encodes a stored session, without its key, owner, generation and expiry: a version,
 * then the fields in order. Attributes are written as text with their type, never as
 * serialised objects, so that decoding instantiates no other classes. For any thread;
 * does not block.
 */
public final class StoredSessionCodec {

	private static final byte VERSION = 1;

	private static final int MAX_STRING = 1024 * 1024;

	private StoredSessionCodec() {
	}

	/**
	 * Encode a session.
	 * @param session the session
	 * @return the bytes to store
	 * @throws IllegalArgumentException if an attribute has a type that cannot be stored
	 */
	public static byte[] encode(StoredSession session) {
		WireWriter out = new WireWriter();
		out.writeByte(VERSION);
		out.writeByte((session.user() != null) ? 1 : 0);
		out.writeString((session.user() != null) ? session.user() : "");
		out.writeByte(session.connected() ? 1 : 0);
		out.writeLong(session.createdAt().toEpochMilli());
		out.writeInt(session.channels().size());
		for (String channel : session.channels()) {
			Position position = session.positions().get(channel);
			out.writeString(channel);
			out.writeLong((position != null) ? position.offset() : -1);
			out.writeString((position != null) ? position.epoch() : "");
		}
		out.writeInt(session.attributes().size());
		for (Map.Entry<String, Object> attribute : session.attributes().entrySet()) {
			out.writeString(attribute.getKey());
			AttributeType type = AttributeType.of(attribute.getValue());
			if (type == null) {
				throw new IllegalArgumentException("The attribute '" + attribute.getKey() + "' has a type that cannot"
						+ " be stored; use a string, boolean, integer, long or double");
			}
			out.writeByte(type.ordinal());
			out.writeString(attribute.getValue().toString());
		}
		return out.toByteArray();
	}

	/**
	 * Decode a stored session.
	 * @param key the key under which it was stored
	 * @param owner the id of the connection that the session belongs to
	 * @param generation the number of that connection, see
	 * {@link StoredSession#generation()}
	 * @param expiresAt when the entry expires
	 * @param data the stored bytes
	 * @return the session, or {@code null} if the bytes cannot be decoded, for example
	 * because a later release has written them
	 */
	public static @Nullable StoredSession decode(String key, String owner, long generation, Instant expiresAt,
			byte[] data) {
		try {
			WireReader in = new WireReader(data);
			in.readVersion(VERSION);
			boolean named = in.readByte() != 0;
			String user = in.readString(MAX_STRING);
			boolean connected = in.readByte() != 0;
			Instant createdAt = Instant.ofEpochMilli(in.readLong());
			Set<String> channels = new HashSet<>();
			Map<String, Position> positions = new HashMap<>();
			for (int i = in.readCount(); i > 0; i--) {
				String channel = in.readString(MAX_STRING);
				long offset = in.readLong();
				String epoch = in.readString(MAX_STRING);
				channels.add(channel);
				if (offset >= 0) {
					positions.put(channel, new Position(epoch, offset));
				}
			}
			Map<String, Object> attributes = new HashMap<>();
			for (int i = in.readCount(); i > 0; i--) {
				String name = in.readString(MAX_STRING);
				attributes.put(name, AttributeType.values()[in.readByte()].parse(in.readString(MAX_STRING)));
			}
			return new StoredSession(key, named ? user : null, owner, generation, connected, channels, positions,
					attributes, createdAt, expiresAt);
		}
		catch (WireFormatException | IllegalArgumentException | IndexOutOfBoundsException ex) {
			return null;
		}
	}

}
