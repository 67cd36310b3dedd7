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

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.UUID;

import org.jspecify.annotations.Nullable;

/**
 * A record of the topic of interest. The broker keeps the newest of each key.
 */
sealed interface InterestRecord {

	/** The first byte of a key. */
	byte CHANNEL = 1;

	/** The first byte of a key. */
	byte VERSION = 2;

	/** The first byte of a key. */
	byte FORGOTTEN = 3;

	/**
	 * Decode a record.
	 * @return the record, or {@code null} if it is none of this version of the library
	 */
	static @Nullable InterestRecord decode(byte @Nullable [] key, byte @Nullable [] value) {
		if (key == null) {
			return null;
		}
		ByteBuffer in = ByteBuffer.wrap(key);
		try {
			byte type = in.get();
			UUID node = new UUID(in.getLong(), in.getLong());
			return switch (type) {
				case CHANNEL -> new Channel(node, text(in), text(in), value != null);
				case VERSION -> (value != null) ? version(node, text(in), ByteBuffer.wrap(value)) : null;
				case FORGOTTEN -> (value != null) ? new Forgotten(node) : null;
				default -> null;
			};
		}
		catch (BufferUnderflowException | NegativeArraySizeException ex) {
			return null;
		}
	}

	private static Version version(UUID node, String feed, ByteBuffer value) {
		return new Version(node, feed, value.getLong(), value.getInt());
	}

	private static String text(ByteBuffer in) {
		byte[] bytes = new byte[in.getShort()];
		in.get(bytes);
		return new String(bytes, StandardCharsets.UTF_8);
	}

	/**
	 * Return the key.
	 */
	byte[] key();

	/**
	 * Return the value, or {@code null} to delete what has the key.
	 */
	byte @Nullable [] value();

	private static byte[] key(byte type, UUID node, String... texts) {
		ByteArrayOutputStream bytes = new ByteArrayOutputStream();
		try (DataOutputStream out = new DataOutputStream(bytes)) {
			out.writeByte(type);
			out.writeLong(node.getMostSignificantBits());
			out.writeLong(node.getLeastSignificantBits());
			for (String text : texts) {
				byte[] encoded = text.getBytes(StandardCharsets.UTF_8);
				out.writeShort(encoded.length);
				out.write(encoded);
			}
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		return bytes.toByteArray();
	}

	/**
	 * A node wants a channel, or does not want it any more.
	 *
	 * @param node the node's id
	 * @param feed the feed's name
	 * @param channel the channel's name
	 * @param wanted whether it is wanted
	 */
	record Channel(UUID node, String feed, String channel, boolean wanted) implements InterestRecord {

		@Override
		public byte[] key() {
			return InterestRecord.key(CHANNEL, this.node, this.feed, this.channel);
		}

		@Override
		public byte @Nullable [] value() {
			return this.wanted ? new byte[0] : null;
		}

	}

	/**
	 * The records before this one are the node's interest of a version.
	 *
	 * @param node the node's id
	 * @param feed the feed's name
	 * @param version the version
	 * @param count the number of channels that the node wants, by which a reader finds
	 * out that it does not know them all
	 */
	record Version(UUID node, String feed, long version, int count) implements InterestRecord {

		@Override
		public byte[] key() {
			return InterestRecord.key(VERSION, this.node, this.feed);
		}

		@Override
		public byte[] value() {
			return ByteBuffer.allocate(12).putLong(this.version).putInt(this.count).array();
		}

	}

	/**
	 * What a node has published before is void, in all feeds.
	 *
	 * @param node the node's id
	 */
	record Forgotten(UUID node) implements InterestRecord {

		@Override
		public byte[] key() {
			return InterestRecord.key(FORGOTTEN, this.node);
		}

		@Override
		public byte[] value() {
			return new byte[0];
		}

	}

}
