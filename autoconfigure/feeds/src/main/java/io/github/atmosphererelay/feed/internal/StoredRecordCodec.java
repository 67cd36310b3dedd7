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

import java.util.LinkedHashMap;
import java.util.Map;

import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.WireFormatException;
import io.github.atmosphererelay.message.internal.WireReader;
import io.github.atmosphererelay.message.internal.WireWriter;

/**
 * The format of a current value in a state store.
 */
final class StoredRecordCodec {

	private static final byte VERSION = 1;

	private StoredRecordCodec() {
	}

	static byte[] encode(MappedRecord record) {
		WireWriter out = new WireWriter();
		out.writeByte(VERSION);
		out.writeLong(record.time());
		out.writeByte(record.payload().isBinary() ? 1 : 0);
		out.writeInt(record.headers().size());
		record.headers().forEach((name, value) -> {
			out.writeString(name);
			out.writeString(value);
		});
		out.writeBytes(record.payload().bytes());
		return out.toByteArray();
	}

	/**
	 * Decode a value.
	 * @throws WireFormatException if this version cannot read it
	 */
	static MappedRecord decode(String channel, long offset, byte[] value) {
		WireReader in = new WireReader(value);
		if (in.readByte() != VERSION) {
			throw new WireFormatException(WireFormatException.Reason.UNKNOWN_VERSION,
					"The current value of '" + channel + "' was stored by another version");
		}
		long time = in.readLong();
		boolean binary = in.readByte() != 0;
		int count = in.readCount();
		Map<String, String> headers = new LinkedHashMap<>();
		for (int i = 0; i < count; i++) {
			headers.put(in.readString(value.length), in.readString(value.length));
		}
		byte[] payload = in.readBytes(value.length);
		return new MappedRecord(offset, time, channel, binary ? Payload.binary(payload) : Payload.text(payload),
				headers);
	}

}
