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
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

import io.github.atmosphererelay.feed.ForwardedRange;
import io.github.atmosphererelay.feed.ForwardedRecord;
import io.github.atmosphererelay.message.Payload;

/**
 * Encodes ranges for their way from a redistributor to a node. The first byte is the
 * version of the format. A text is its length in bytes and its UTF-8; all numbers are
 * big-endian. For any thread.
 */
public final class RangeCodec {

	private static final byte VERSION = 1;

	/** A record with the least of everything. */
	private static final int MIN_RECORD = 8 + 8 + 4 + 1 + 4 + 2;

	private RangeCodec() {
	}

	/**
	 * Encode ranges.
	 * @param ranges the ranges, in the order in which they are sent
	 * @return the bytes
	 */
	public static byte[] encode(List<ForwardedRange> ranges) {
		ByteArrayOutputStream bytes = new ByteArrayOutputStream(
				256 + (int) ranges.stream().mapToLong(ForwardedRange::payloadBytes).sum());
		try (DataOutputStream out = new DataOutputStream(bytes)) {
			out.writeByte(VERSION);
			out.writeInt(ranges.size());
			for (ForwardedRange range : ranges) {
				write(range, out);
			}
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		return bytes.toByteArray();
	}

	private static void write(ForwardedRange range, DataOutputStream out) throws IOException {
		text(range.feed(), out);
		out.writeLong(range.sender().getMostSignificantBits());
		out.writeLong(range.sender().getLeastSignificantBits());
		text(range.epoch(), out);
		out.writeInt(range.partition());
		out.writeLong(range.from());
		out.writeLong(range.to());
		out.writeLong(range.interest());
		out.writeInt(range.records().size());
		for (ForwardedRecord record : range.records()) {
			out.writeLong(record.offset());
			out.writeLong(record.time());
			text(record.channel(), out);
			out.writeBoolean(record.payload().isBinary());
			byte[] payload = record.payload().bytes();
			out.writeInt(payload.length);
			out.write(payload);
			out.writeShort(record.headers().size());
			for (Map.Entry<String, String> header : record.headers().entrySet()) {
				text(header.getKey(), out);
				text(header.getValue(), out);
			}
		}
	}

	private static void text(String text, DataOutputStream out) throws IOException {
		byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
		out.writeInt(bytes.length);
		out.write(bytes);
	}

	/**
	 * Decode ranges.
	 * @param bytes what {@link #encode} has returned
	 * @return the ranges
	 * @throws IllegalArgumentException if the bytes are something else
	 */
	public static List<ForwardedRange> decode(byte[] bytes) {
		ByteBuffer in = ByteBuffer.wrap(bytes);
		try {
			if (in.get() != VERSION) {
				throw new IllegalArgumentException(
						"These ranges are of another version of this library than this node's");
			}
			int count = count(in.getInt(), in, 1);
			List<ForwardedRange> ranges = new ArrayList<>(count);
			for (int i = 0; i < count; i++) {
				ranges.add(range(in));
			}
			if (in.hasRemaining()) {
				throw new IllegalArgumentException("There are " + in.remaining() + " bytes after the ranges");
			}
			return ranges;
		}
		catch (BufferUnderflowException ex) {
			throw new IllegalArgumentException("The ranges are not complete", ex);
		}
	}

	private static ForwardedRange range(ByteBuffer in) {
		String feed = text(in);
		UUID sender = new UUID(in.getLong(), in.getLong());
		String epoch = text(in);
		int partition = in.getInt();
		long from = in.getLong();
		long to = in.getLong();
		long interest = in.getLong();
		int count = count(in.getInt(), in, MIN_RECORD);
		List<ForwardedRecord> records = new ArrayList<>(count);
		for (int i = 0; i < count; i++) {
			records.add(record(in));
		}
		return new ForwardedRange(feed, sender, epoch, partition, from, to, interest, records);
	}

	private static ForwardedRecord record(ByteBuffer in) {
		long offset = in.getLong();
		long time = in.getLong();
		String channel = text(in);
		boolean binary = in.get() != 0;
		byte[] payload = bytes(in);
		int count = Short.toUnsignedInt(in.getShort());
		Map<String, String> headers = new LinkedHashMap<>();
		for (int i = 0; i < count; i++) {
			headers.put(text(in), text(in));
		}
		return new ForwardedRecord(offset, time, channel, binary ? Payload.binary(payload) : Payload.text(payload),
				headers);
	}

	private static String text(ByteBuffer in) {
		return new String(bytes(in), StandardCharsets.UTF_8);
	}

	private static byte[] bytes(ByteBuffer in) {
		byte[] bytes = new byte[count(in.getInt(), in, 1)];
		in.get(bytes);
		return bytes;
	}

	/**
	 * Check a number before memory is allocated for it.
	 */
	private static int count(int count, ByteBuffer in, int size) {
		if (count < 0 || (long) count * size > in.remaining()) {
			throw new IllegalArgumentException("The ranges are not complete");
		}
		return count;
	}

}
