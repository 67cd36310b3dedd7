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
import io.github.atmosphererelay.door.internal.StreamRequests;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.internal.OutboundMessage;
import org.jspecify.annotations.Nullable;

/**
 * Server-sent events. Messages are events of the usual name, and frames of the door have
 * their type as the name. The id is the client's position.
 */
final class EventFraming extends DoorFraming {

	private static final byte[] PING = utf8(":\n\n");

	private final EventFormat format;

	EventFraming(PositionVector positions, boolean wrapped) {
		super(positions);
		this.format = wrapped ? EventFormat.WRAPPED : EventFormat.PLAIN;
	}

	@Override
	public String contentType() {
		return StreamRequests.EVENT_STREAM;
	}

	@Override
	public byte[] begin() {
		return utf8("retry: " + retryMillis() + "\n\n");
	}

	@Override
	public byte[] message(OutboundMessage message) {
		if (message.isFrame()) {
			byte[] frame = message.payload().bytes();
			// Other parts of the library send their frames as JSON
			return (frame.length > 0 && frame[0] == '{') ? encodeJson(frame) : frame;
		}
		String id = idOf(message);
		byte[] event = message.encoded(this.format).bytes();
		return (id != null) ? join(utf8("id: " + id + "\n"), event) : event;
	}

	private static byte[] encodeJson(byte[] frame) {
		return join(utf8("event: presence\ndata: "), join(frame, utf8("\n\n")));
	}

	@Override
	public byte[] ping() {
		return PING;
	}

	@Override
	public byte[] end(CloseReason reason) {
		String data = JsonText.object((out) -> {
			out.writeStringProperty("type", "closed");
			out.writeNumberProperty("code", reason.code());
			out.writeStringProperty("reason", reason.text());
		});
		return utf8("retry: " + retryMillis(reason) + "\nevent: closed\ndata: " + data + "\n\n");
	}

	@Override
	byte[] encode(String type, String json, @Nullable String id) {
		return utf8("event: " + type + ((id != null) ? "\nid: " + id : "") + "\ndata: " + json + "\n\n");
	}

	@Override
	byte[] encodeId(String id) {
		return utf8("id: " + id + "\n\n");
	}

}
