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

package io.github.atmosphererelay.door.centrifuge.internal;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

import io.github.atmosphererelay.door.internal.StreamRequests;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.internal.OutboundMessage;
import io.github.atmosphererelay.transport.http.internal.StreamFraming;

/**
 * How the protocol's objects are written to HTTP responses. Has no state, so that all
 * clients share it.
 */
enum EmulationFraming implements StreamFraming {

	/** Server-sent events, for the SDK's transport {@code sse}. */
	EVENTS(StreamRequests.EVENT_STREAM, ":\n\n") {

		@Override
		byte[] frame(byte[] objects) {
			ByteArrayOutputStream out = new ByteArrayOutputStream(objects.length + 16);
			out.writeBytes(DATA);
			for (byte each : objects) {
				out.write(each);
				if (each == '\n') {
					// The client puts the lines of an event together again
					out.writeBytes(DATA);
				}
			}
			out.write('\n');
			out.write('\n');
			return out.toByteArray();
		}

	},

	/** Lines, for the SDK's transport {@code http_stream}. */
	LINES("application/json;charset=UTF-8", "") {

		@Override
		byte[] frame(byte[] objects) {
			byte[] lines = new byte[objects.length + 1];
			System.arraycopy(objects, 0, lines, 0, objects.length);
			lines[objects.length] = '\n';
			return lines;
		}

	};

	private static final byte[] DATA = "data: ".getBytes(StandardCharsets.US_ASCII);

	private static final byte[] NOTHING = {};

	private final String contentType;

	private final byte[] begin;

	EmulationFraming(String contentType, String begin) {
		this.contentType = contentType;
		this.begin = begin.getBytes(StandardCharsets.US_ASCII);
	}

	/**
	 * Frame objects that are separated by line feeds.
	 */
	abstract byte[] frame(byte[] objects);

	@Override
	public String contentType() {
		return this.contentType;
	}

	@Override
	public byte[] begin() {
		return this.begin;
	}

	@Override
	public byte[] message(OutboundMessage message) {
		return frame(message.payload().bytes());
	}

	/**
	 * The protocol has pings of its own, which are messages here.
	 */
	@Override
	public byte[] ping() {
		return NOTHING;
	}

	/**
	 * Tell the client why the stream ends: a response has no close code.
	 */
	@Override
	public byte[] end(CloseReason reason) {
		return frame(JsonCodec.disconnect(reason).bytes());
	}

}
