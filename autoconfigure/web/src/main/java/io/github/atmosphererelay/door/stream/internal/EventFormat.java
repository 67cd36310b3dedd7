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

package io.github.atmosphererelay.door.stream.internal;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

import io.github.atmosphererelay.door.internal.PositionFormat;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.session.internal.MessageFormat;
import io.github.atmosphererelay.session.internal.OutboundMessage;
import org.jspecify.annotations.Nullable;

/**
 * Messages as server-sent events, without their ids: these differ between clients. One
 * object each, so that a message is encoded once for all clients.
 */
enum EventFormat implements MessageFormat {

	/**
	 * The data is the message; that of a binary one is in Base64, in an event of its own
	 * name.
	 */
	PLAIN {

		@Override
		public Payload encode(OutboundMessage message) {
			Payload payload = message.payload();
			return payload.isBinary() ? event("binary", Base64.getEncoder().encode(payload.bytes()))
					: event(null, payload.bytes());
		}

	},

	/** The data is a JSON object with the message, its channel and its position. */
	WRAPPED {

		@Override
		public Payload encode(OutboundMessage message) {
			return event(null, message.encoded(PositionFormat.INSTANCE).bytes());
		}

	};

	private static final byte[] DATA = "data: ".getBytes(StandardCharsets.US_ASCII);

	/**
	 * Encode an event. Each line of its data needs a field of its own. All kinds of line
	 * ends become a line feed at the client.
	 */
	private static Payload event(@Nullable String name, byte[] data) {
		ByteArrayOutputStream out = new ByteArrayOutputStream(data.length + 32);
		if (name != null) {
			out.writeBytes(("event: " + name + "\n").getBytes(StandardCharsets.US_ASCII));
		}
		int begin = 0;
		for (int i = 0; i < data.length; i++) {
			if (data[i] == '\n' || data[i] == '\r') {
				line(out, data, begin, i);
				if (data[i] == '\r' && i + 1 < data.length && data[i + 1] == '\n') {
					i++;
				}
				begin = i + 1;
			}
		}
		line(out, data, begin, data.length);
		out.write('\n');
		return Payload.text(out.toByteArray());
	}

	private static void line(ByteArrayOutputStream out, byte[] data, int begin, int end) {
		out.writeBytes(DATA);
		out.write(data, begin, end - begin);
		out.write('\n');
	}

}
