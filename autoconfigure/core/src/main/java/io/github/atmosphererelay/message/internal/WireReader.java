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

package io.github.atmosphererelay.message.internal;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.UUID;

import io.github.atmosphererelay.message.WireFormatException;
import io.github.atmosphererelay.message.WireFormatException.Reason;

/**
 * Reads bytes that a {@link WireWriter} has written. Every length is checked here, before
 * memory is allocated for it and before the buffer is read. Bytes that cannot be read
 * cause a {@link WireFormatException}. For the packages of this library. Not thread-safe.
 */
public final class WireReader {

	private static final int MAX_SHORT = 0xFFFF;

	private final ByteBuffer in;

	/**
	 * Create a reader of an array.
	 * @param bytes the array, which is not modified
	 */
	public WireReader(byte[] bytes) {
		this(ByteBuffer.wrap(bytes));
	}

	/**
	 * Create a reader of a buffer.
	 * @param in the buffer, whose position advances with each read
	 */
	public WireReader(ByteBuffer in) {
		this.in = in;
	}

	/**
	 * Return the number of bytes that are left.
	 * @return the number of bytes
	 */
	public int remaining() {
		return this.in.remaining();
	}

	/**
	 * Require a number of bytes.
	 * @param length the number of bytes
	 * @throws WireFormatException if fewer bytes are left
	 */
	public void require(int length) {
		if (this.in.remaining() < length) {
			throw new WireFormatException(Reason.TRUNCATED,
					"The message ends " + (length - this.in.remaining()) + " bytes early");
		}
	}

	/**
	 * Read two bytes that precede the version and identify the format.
	 * @param first the expected first byte
	 * @param second the expected second byte
	 * @throws WireFormatException if the bytes differ, or if no version follows
	 */
	public void readMagic(byte first, byte second) {
		if (this.in.remaining() < 3 || this.in.get() != first || this.in.get() != second) {
			throw new WireFormatException(Reason.FOREIGN, "The bytes do not begin like a message of this format");
		}
	}

	/**
	 * Read the version.
	 * @param known the version that this release supports
	 * @throws WireFormatException if the version is another one
	 */
	public void readVersion(byte known) {
		byte version = readByte();
		if (version != known) {
			throw new WireFormatException(Reason.UNKNOWN_VERSION,
					"The message has version " + (version & 0xFF) + "; this release supports version " + known);
		}
	}

	/**
	 * Read a byte.
	 * @return the byte
	 */
	public byte readByte() {
		require(Byte.BYTES);
		return this.in.get();
	}

	/**
	 * Read an unsigned number of 16 bits.
	 * @return the number, from 0 to 65535
	 */
	public int readShort() {
		require(Short.BYTES);
		return this.in.getShort() & MAX_SHORT;
	}

	/**
	 * Read a signed number of 32 bits.
	 * @return the number
	 */
	public int readInt() {
		require(Integer.BYTES);
		return this.in.getInt();
	}

	/**
	 * Read a signed number of 64 bits.
	 * @return the number
	 */
	public long readLong() {
		require(Long.BYTES);
		return this.in.getLong();
	}

	/**
	 * Read a floating-point number of 64 bits.
	 * @return the number
	 */
	public double readDouble() {
		require(Double.BYTES);
		return this.in.getDouble();
	}

	/**
	 * Read an id of 128 bits.
	 * @return the id
	 */
	public UUID readId() {
		require(2 * Long.BYTES);
		return new UUID(this.in.getLong(), this.in.getLong());
	}

	/**
	 * Read bytes of known length.
	 * @param length the number of bytes
	 * @return the bytes
	 */
	public byte[] read(int length) {
		require(length);
		byte[] bytes = new byte[length];
		this.in.get(bytes);
		return bytes;
	}

	/**
	 * Read bytes that are preceded by their length in 32 bits.
	 * @param max the maximum number of bytes
	 * @return the bytes
	 */
	public byte[] readBytes(int max) {
		return read(checkLength(readInt(), max));
	}

	/**
	 * Read a string that is preceded by its length in 32 bits.
	 * @param maxBytes the maximum number of its bytes in UTF-8
	 * @return the string, with a replacement character for each part that is not UTF-8
	 */
	public String readString(int maxBytes) {
		return new String(readBytes(maxBytes), StandardCharsets.UTF_8);
	}

	/**
	 * Read bytes that are preceded by their length in 16 bits.
	 * @param max the maximum number of bytes
	 * @return the bytes
	 */
	public byte[] readShortBytes(int max) {
		return read(checkLength(readShort(), max));
	}

	/**
	 * Read a string that is preceded by its length in 16 bits.
	 * @return the string
	 * @throws WireFormatException if the string is not UTF-8
	 */
	public String readShortString() {
		byte[] bytes = readShortBytes(MAX_SHORT);
		if (!Utf8.isValid(bytes)) {
			throw new WireFormatException(Reason.MALFORMED, "A name, key or header is not UTF-8");
		}
		return new String(bytes, StandardCharsets.UTF_8);
	}

	private static int checkLength(int length, int max) {
		if (length < 0) {
			throw new WireFormatException(Reason.MALFORMED, "A part of the message has a negative length: " + length);
		}
		if (length > max) {
			throw new WireFormatException(Reason.OVERSIZED,
					"A part of the message has " + length + " bytes; the maximum is " + max);
		}
		return length;
	}

	/**
	 * Read the number of elements that follow, each of which takes at least one byte.
	 * @return the number of elements
	 */
	public int readCount() {
		int count = readInt();
		if (count < 0 || count > this.in.remaining()) {
			throw new WireFormatException(Reason.TRUNCATED,
					"The message announces " + Integer.toUnsignedString(count) + " elements, but has fewer bytes");
		}
		return count;
	}

}
