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
 * allocated for it.
 */
final class WireReader {

	private final ByteBuffer in;

	WireReader(ByteBuffer in) {
		this.in = in;
	}

	/**
	 * Read the version.
	 * @throws WireFormatException if this release does not know it
	 */
	void readVersion(byte known) {
		byte version = readByte();
		if (version != known) {
			throw new WireFormatException("Unknown version " + (version & 0xFF));
		}
	}

	byte readByte() {
		return read(this.in::get);
	}

	int readInt() {
		return read(this.in::getInt);
	}

	long readLong() {
		return read(this.in::getLong);
	}

	double readDouble() {
		return read(this.in::getDouble);
	}

	UUID readId() {
		return new UUID(readLong(), readLong());
	}

	String readString(int maxBytes) {
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
	 */
	int readCount() {
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
