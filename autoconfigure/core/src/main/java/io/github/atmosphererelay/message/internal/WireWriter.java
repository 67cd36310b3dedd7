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
import java.util.Arrays;
import java.util.UUID;

/**
 * Writes messages between nodes and stored entries: numbers big-endian, strings and bytes
 * preceded by their length in 32 or 16 bits. The array grows as needed. If the size was
 * given and is exact, {@link #toByteArray()} returns the array itself, without a copy.
 * For the packages of this library. Not thread-safe.
 */
public final class WireWriter {

	private static final int FIRST_CAPACITY = 128;

	private ByteBuffer out;

	/**
	 * Create a writer for a message of unknown size.
	 */
	public WireWriter() {
		this(FIRST_CAPACITY);
	}

	/**
	 * Create a writer for a message of known size.
	 * @param size the number of bytes; if more are written, the array grows
	 */
	public WireWriter(int size) {
		this.out = ByteBuffer.allocate(size);
	}

	private ByteBuffer room(int length) {
		if (this.out.remaining() < length) {
			grow(length);
		}
		return this.out;
	}

	private void grow(int length) {
		int size = this.out.position();
		int capacity = Math.max(this.out.capacity() * 2, size + length);
		this.out = ByteBuffer.wrap(Arrays.copyOf(this.out.array(), capacity)).position(size);
	}

	/**
	 * Write a byte.
	 * @param value the byte; only the lowest eight bits are written
	 */
	public void writeByte(int value) {
		room(Byte.BYTES).put((byte) value);
	}

	/**
	 * Write a number of 16 bits.
	 * @param value the number; only the lowest 16 bits are written
	 */
	public void writeShort(int value) {
		room(Short.BYTES).putShort((short) value);
	}

	/**
	 * Write a number of 32 bits.
	 * @param value the number
	 */
	public void writeInt(int value) {
		room(Integer.BYTES).putInt(value);
	}

	/**
	 * Write a number of 64 bits.
	 * @param value the number
	 */
	public void writeLong(long value) {
		room(Long.BYTES).putLong(value);
	}

	/**
	 * Write a floating-point number of 64 bits.
	 * @param value the number
	 */
	public void writeDouble(double value) {
		room(Double.BYTES).putDouble(value);
	}

	/**
	 * Write an id of 128 bits.
	 * @param id the id
	 */
	public void writeId(UUID id) {
		room(2 * Long.BYTES).putLong(id.getMostSignificantBits()).putLong(id.getLeastSignificantBits());
	}

	/**
	 * Write bytes without their length.
	 * @param value the bytes
	 */
	public void write(byte[] value) {
		room(value.length).put(value);
	}

	/**
	 * Write bytes, preceded by their length in 32 bits.
	 * @param value the bytes
	 */
	public void writeBytes(byte[] value) {
		room(Integer.BYTES + value.length).putInt(value.length).put(value);
	}

	/**
	 * Write a string in UTF-8, preceded by its length in 32 bits.
	 * @param text the string
	 */
	public void writeString(String text) {
		writeBytes(text.getBytes(StandardCharsets.UTF_8));
	}

	/**
	 * Write bytes, preceded by their length in 16 bits.
	 * @param value the bytes, at most 65535
	 */
	public void writeShortBytes(byte[] value) {
		room(Short.BYTES + value.length).putShort((short) value.length).put(value);
	}

	/**
	 * Return the written bytes.
	 * @return the bytes; further writes do not change this array
	 */
	public byte[] toByteArray() {
		return this.out.hasRemaining() ? Arrays.copyOf(this.out.array(), this.out.position()) : this.out.array();
	}

}
