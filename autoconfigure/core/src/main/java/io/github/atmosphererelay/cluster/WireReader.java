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

package io.github.atmosphererelay.cluster;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.UUID;
import java.util.function.Supplier;

/**
 * Reads what a {@link WireWriter} has written. Every length is checked before anything is
 * allocated for it, and whatever cannot be read is a {@link WireFormatException}. For the
 * packages of this library; for one thread.
 */
public final class WireReader {

	private final ByteBuffer in;

	/**
	 * Read from a buffer.
	 * @param in the buffer, of which the position moves on with what is read
	 */
	public WireReader(ByteBuffer in) {
		this.in = in;
	}

	/**
	 * Read the version.
	 * @param known the version that this release knows
	 * @throws WireFormatException if this release does not know it
	 */
	public void readVersion(byte known) {
		byte version = readByte();
		if (version != known) {
			throw new WireFormatException("Unknown version " + (version & 0xFF));
		}
	}

	/**
	 * Read a byte.
	 * @return the byte
	 */
	public byte readByte() {
		return read(this.in::get);
	}

	/**
	 * Read a number of 32 bits.
	 * @return the number
	 */
	public int readInt() {
		return read(this.in::getInt);
	}

	/**
	 * Read a number of 64 bits.
	 * @return the number
	 */
	public long readLong() {
		return read(this.in::getLong);
	}

	double readDouble() {
		return read(this.in::getDouble);
	}

	UUID readId() {
		return new UUID(readLong(), readLong());
	}

	/**
	 * Read a string.
	 * @param maxBytes the greatest number of bytes that it may take
	 * @return the string
	 */
	public String readString(int maxBytes) {
		return new String(readBytes(maxBytes), StandardCharsets.UTF_8);
	}

	byte[] readBytes(int max) {
		int length = readInt();
		if (length < 0 || length > max || length > this.in.remaining()) {
			throw new WireFormatException("A length of " + length);
		}
		byte[] bytes = new byte[length];
		this.in.get(bytes);
		return bytes;
	}

	/**
	 * Read how many things follow, each of which takes at least one byte.
	 * @return the number of things
	 */
	public int readCount() {
		int count = readInt();
		if (count < 0 || count > this.in.remaining()) {
			throw new WireFormatException("A count of " + count);
		}
		return count;
	}

	private static <T> T read(Supplier<T> part) {
		try {
			return part.get();
		}
		catch (BufferUnderflowException ex) {
			throw new WireFormatException("Truncated");
		}
	}

}
