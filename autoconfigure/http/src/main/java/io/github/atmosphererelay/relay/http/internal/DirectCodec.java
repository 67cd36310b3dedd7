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

package io.github.atmosphererelay.relay.http.internal;

import java.util.ArrayList;
import java.util.List;

import io.github.atmosphererelay.message.WireFormatException;
import io.github.atmosphererelay.message.WireFormatException.Reason;
import io.github.atmosphererelay.message.internal.WireReader;
import io.github.atmosphererelay.message.internal.WireWriter;

/**
 * The body of a request with messages to one node: {@code AD}, the version, the cluster,
 * and the messages.
 */
final class DirectCodec {

	private static final byte MAGIC = 'A';

	private static final byte DIRECT = 'D';

	private static final byte VERSION = 1;

	private DirectCodec() {
	}

	static byte[] encode(String cluster, List<byte[]> messages) {
		WireWriter out = new WireWriter(256 + messages.stream().mapToInt((message) -> message.length + 4).sum());
		out.writeByte(MAGIC);
		out.writeByte(DIRECT);
		out.writeByte(VERSION);
		out.writeString(cluster);
		out.writeInt(messages.size());
		messages.forEach(out::writeBytes);
		return out.toByteArray();
	}

	/**
	 * Read the messages of a request.
	 * @param body the body
	 * @param cluster the cluster that it has to come from
	 * @param maxMessage the maximum size of a message in bytes
	 * @throws WireFormatException if it is none
	 * @throws RefusedException if it comes from another cluster
	 */
	static List<byte[]> decode(byte[] body, String cluster, int maxMessage) {
		WireReader in = new WireReader(body);
		in.readMagic(MAGIC, DIRECT);
		in.readVersion(VERSION);
		if (!in.readString(body.length).equals(cluster)) {
			throw new RefusedException(RefusalReason.OTHER_CLUSTER);
		}
		int count = in.readCount();
		List<byte[]> messages = new ArrayList<>(Math.min(count, 1024));
		for (int i = 0; i < count; i++) {
			messages.add(in.readBytes(maxMessage));
		}
		if (in.remaining() > 0) {
			throw new WireFormatException(Reason.MALFORMED, "Bytes follow the end");
		}
		return messages;
	}

}
