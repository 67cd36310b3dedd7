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

package io.github.atmosphererelay.stomp.internal;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import io.github.atmosphererelay.message.WireFormatException;
import io.github.atmosphererelay.message.WireFormatException.Reason;
import io.github.atmosphererelay.message.internal.WireReader;
import io.github.atmosphererelay.message.internal.WireWriter;
import org.jspecify.annotations.Nullable;

/**
 * The format of {@link StompMessage} between nodes, version 1. The destination comes
 * first, so that a node without subscribers reads no further. Every length is checked
 * before it is used.
 */
final class StompMessageCodec {

	/**
	 * The maximum size of the destination and all headers of a message in bytes.
	 */
	static final int MAX_HEADER_BYTES = 128 * 1024;

	private static final byte VERSION = 1;

	private static final int BROKER = 1;

	private static final int USER = 2;

	private static final int STRING = 1;

	private static final int BOOLEAN = 2;

	private static final int INTEGER = 3;

	private static final int LONG = 4;

	private static final int DOUBLE = 5;

	private StompMessageCodec() {
	}

	/**
	 * Encode a message.
	 * @throws IllegalArgumentException if its headers are too large
	 */
	static byte[] encode(StompMessage message) {
		WireWriter out = new WireWriter();
		out.writeByte(VERSION);
		out.writeByte((message.kind() == StompMessage.Kind.USER) ? USER : BROKER);
		out.writeString(message.destination());
		writeOptional(out, message.session());
		writeOptional(out, message.contentType());
		out.writeInt(message.nativeHeaders().size());
		message.nativeHeaders().forEach((name, values) -> {
			out.writeString(name);
			out.writeInt(values.size());
			values.forEach((value) -> writeOptional(out, value));
		});
		out.writeInt(message.headers().size());
		message.headers().forEach((name, value) -> {
			out.writeString(name);
			out.writeByte(type(value));
			out.writeString(value.toString());
		});
		byte[] header = out.toByteArray();
		if (header.length > MAX_HEADER_BYTES) {
			throw new IllegalArgumentException("its destination and headers have " + header.length
					+ " bytes, more than the maximum of " + MAX_HEADER_BYTES);
		}
		WireWriter whole = new WireWriter(header.length + Integer.BYTES + message.payload().length);
		whole.write(header);
		whole.writeBytes(message.payload());
		return whole.toByteArray();
	}

	private static void writeOptional(WireWriter out, @Nullable String text) {
		out.writeByte((text != null) ? 1 : 0);
		if (text != null) {
			out.writeString(text);
		}
	}

	/**
	 * Return whether a header's value can be sent to other nodes.
	 */
	static boolean isSupported(@Nullable Object value) {
		return value instanceof String || value instanceof Boolean || value instanceof Integer || value instanceof Long
				|| value instanceof Double;
	}

	private static int type(Object value) {
		if (value instanceof String) {
			return STRING;
		}
		if (value instanceof Boolean) {
			return BOOLEAN;
		}
		if (value instanceof Integer) {
			return INTEGER;
		}
		return (value instanceof Long) ? LONG : DOUBLE;
	}

	/**
	 * Read where a message goes, and nothing else.
	 * @throws WireFormatException if the bytes are not a message
	 */
	static Target readTarget(byte[] bytes) {
		return readTarget(new WireReader(bytes));
	}

	private static Target readTarget(WireReader in) {
		in.readVersion(VERSION);
		byte kind = in.readByte();
		if (kind != BROKER && kind != USER) {
			throw new WireFormatException(Reason.MALFORMED, "Unknown kind of STOMP message: " + kind);
		}
		return new Target((kind == USER) ? StompMessage.Kind.USER : StompMessage.Kind.BROKER,
				in.readString(MAX_HEADER_BYTES), readOptional(in));
	}

	/**
	 * Decode a message.
	 * @throws WireFormatException if the bytes are not a message
	 */
	static StompMessage decode(byte[] bytes) {
		WireReader in = new WireReader(bytes);
		Target target = readTarget(in);
		String contentType = readOptional(in);
		Map<String, List<String>> nativeHeaders = new LinkedHashMap<>();
		int count = in.readCount();
		for (int i = 0; i < count; i++) {
			String name = in.readString(MAX_HEADER_BYTES);
			int size = in.readCount();
			List<String> values = new ArrayList<>(Math.min(size, 16));
			for (int j = 0; j < size; j++) {
				values.add(readOptional(in));
			}
			nativeHeaders.put(name, values);
		}
		Map<String, Object> headers = new HashMap<>();
		count = in.readCount();
		for (int i = 0; i < count; i++) {
			headers.put(in.readString(MAX_HEADER_BYTES), readValue(in));
		}
		byte[] payload = in.readBytes(Integer.MAX_VALUE);
		if (in.remaining() > 0) {
			throw new WireFormatException(Reason.MALFORMED, in.remaining() + " bytes follow the end of the message");
		}
		return new StompMessage(target.kind(), target.destination(), target.session(), contentType, nativeHeaders,
				headers, payload);
	}

	private static @Nullable String readOptional(WireReader in) {
		return (in.readByte() != 0) ? in.readString(MAX_HEADER_BYTES) : null;
	}

	private static Object readValue(WireReader in) {
		byte type = in.readByte();
		String text = in.readString(MAX_HEADER_BYTES);
		try {
			return switch (type) {
				case STRING -> text;
				case BOOLEAN -> Boolean.valueOf(text);
				case INTEGER -> Integer.valueOf(text);
				case LONG -> Long.valueOf(text);
				case DOUBLE -> Double.valueOf(text);
				default -> throw new WireFormatException(Reason.MALFORMED, "Unknown type of header: " + type);
			};
		}
		catch (NumberFormatException ex) {
			throw new WireFormatException(Reason.MALFORMED, "A header is not a number");
		}
	}

	/**
	 * Where a message goes.
	 */
	record Target(StompMessage.Kind kind, String destination, @Nullable String session) {
	}

}
