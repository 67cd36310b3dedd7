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

import io.github.atmosphererelay.door.internal.JsonText;
import io.github.atmosphererelay.door.internal.PositionFormat;
import io.github.atmosphererelay.message.internal.Json;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.internal.OutboundMessage;
import org.jspecify.annotations.Nullable;

/**
 * Newline-delimited JSON: each line is an object with a {@code type}, and with an
 * {@code id} if it moves the client on.
 */
final class LineFraming extends DoorFraming {

	private static final byte[] PING = utf8("{\"type\":\"ping\"}\n");

	private static final byte[] END_OF_LINE = utf8("\n");

	LineFraming(PositionVector positions) {
		super(positions);
	}

	@Override
	public String contentType() {
		return "application/x-ndjson;charset=UTF-8";
	}

	@Override
	public byte[] begin() {
		return utf8("{\"type\":\"begin\",\"retry\":" + retryMillis() + "}\n");
	}

	@Override
	public byte[] message(OutboundMessage message) {
		if (message.isFrame()) {
			return join(message.payload().bytes(), END_OF_LINE);
		}
		return line(message.encoded(PositionFormat.INSTANCE).bytes(), idOf(message));
	}

	/**
	 * Insert the id into an object that is not empty.
	 */
	private static byte[] line(byte[] object, @Nullable String id) {
		byte[] begin = utf8((id != null) ? "{\"id\":" + Json.quote(id) + "," : "{");
		byte[] line = new byte[begin.length + object.length];
		System.arraycopy(begin, 0, line, 0, begin.length);
		System.arraycopy(object, 1, line, begin.length, object.length - 1);
		line[line.length - 1] = '\n';
		return line;
	}

	@Override
	public byte[] ping() {
		return PING;
	}

	@Override
	public byte[] end(CloseReason reason) {
		return utf8(JsonText.object((out) -> {
			out.writeStringProperty("type", "closed");
			out.writeNumberProperty("code", reason.code());
			out.writeStringProperty("reason", reason.text());
			out.writeNumberProperty("retry", retryMillis(reason));
		}) + "\n");
	}

	@Override
	byte[] encode(String type, String json, @Nullable String id) {
		return utf8((id != null) ? "{\"id\":" + Json.quote(id) + "," + json.substring(1) : json);
	}

	@Override
	byte[] encodeId(String id) {
		return utf8("{\"id\":" + Json.quote(id) + ",\"type\":\"position\"}");
	}

}
