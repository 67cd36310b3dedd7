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

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.UUID;

/**
 * Writes what nodes say to each other: numbers big-endian, strings and bytes after their
 * length in 32 bits. For the packages of this library; for one thread.
 */
public final class WireWriter {

	private byte[] bytes = new byte[128];

	private int size;

	private ByteBuffer next(int length) {
		if (this.size + length > this.bytes.length) {
			this.bytes = Arrays.copyOf(this.bytes, Math.max(this.bytes.length * 2, this.size + length));
		}
		ByteBuffer buffer = ByteBuffer.wrap(this.bytes, this.size, length);
		this.size += length;
		return buffer;
	}

	/**
	 * Write a byte.
	 * @param value the byte, of which the lowest eight bits are written
	 */
	public void writeByte(int value) {
		next(1).put((byte) value);
	}

	/**
	 * Write a number of 32 bits.
	 * @param value the number
	 */
	public void writeInt(int value) {
		next(4).putInt(value);
	}

	/**
	 * Write a number of 64 bits.
	 * @param value the number
	 */
	public void writeLong(long value) {
		next(8).putLong(value);
	}

	void writeDouble(double value) {
		next(8).putDouble(value);
	}

	void writeId(UUID id) {
		next(16).putLong(id.getMostSignificantBits()).putLong(id.getLeastSignificantBits());
	}

	/**
	 * Write a string.
	 * @param text the string
	 */
	public void writeString(String text) {
		writeBytes(text.getBytes(StandardCharsets.UTF_8));
	}

	void writeBytes(byte[] value) {
		next(4 + value.length).putInt(value.length).put(value);
	}

	int size() {
		return this.size;
	}

	/**
	 * Return what has been written.
	 * @return a copy of the bytes
	 */
	public byte[] toByteArray() {
		return Arrays.copyOf(this.bytes, this.size);
	}

}
