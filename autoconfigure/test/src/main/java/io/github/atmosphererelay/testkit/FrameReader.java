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

package io.github.atmosphererelay.testkit;

import java.io.ByteArrayOutputStream;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.CompletionStage;

import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.internal.Json;
import org.jspecify.annotations.Nullable;

/**
 * Puts the messages from a node into an {@link Inbox}. The frames that confirm the
 * subscription, and those with its position, are not kept as messages: the kit has asked
 * for them itself. Called by one thread of the HTTP client at a time.
 */
final class FrameReader implements WebSocket.Listener {

	/**
	 * The beginning of every fence. Fences look like other frames of the library, because
	 * they also reach clients that are not of this kit.
	 */
	private static final String FENCE = "{\"type\":\"fence\",\"fence\":\"";

	private static final String OVERFLOW = "the test's client keeps %d messages and %d bytes at most"
		.formatted(Inbox.MAX_MESSAGES, Inbox.MAX_BYTES);

	private final Inbox inbox;

	private final boolean positions;

	private final String readyFrame;

	private final String subscribedFrame;

	private final StringBuilder text = new StringBuilder();

	private final ByteArrayOutputStream binary = new ByteArrayOutputStream();

	private boolean ready;

	FrameReader(Inbox inbox, String channel, boolean positions) {
		this.inbox = inbox;
		this.positions = positions;
		this.readyFrame = "{\"type\":\"ready\",\"channel\":" + Json.quote(channel) + ",";
		this.subscribedFrame = "{\"type\":\"subscribed\",\"channel\":" + Json.quote(channel) + ",";
	}

	static String fence(String id) {
		return FENCE + id + "\"}";
	}

	@Override
	public @Nullable CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
		if (this.text.length() + data.length() > Inbox.MAX_BYTES) {
			overflow(socket);
			return null;
		}
		this.text.append(data);
		if (last) {
			String text = this.text.toString();
			this.text.setLength(0);
			keep(socket, text);
		}
		socket.request(1);
		return null;
	}

	@Override
	public @Nullable CompletionStage<?> onBinary(WebSocket socket, ByteBuffer data, boolean last) {
		if (this.binary.size() + data.remaining() > Inbox.MAX_BYTES) {
			overflow(socket);
			return null;
		}
		byte[] bytes = new byte[data.remaining()];
		data.get(bytes);
		this.binary.writeBytes(bytes);
		if (last) {
			byte[] message = this.binary.toByteArray();
			this.binary.reset();
			keep(socket, Payload.binary(message), null);
		}
		socket.request(1);
		return null;
	}

	private void keep(WebSocket socket, String text) {
		if (!this.ready && text.startsWith(this.readyFrame)) {
			Map<String, String> frame = FlatJson.parse(text);
			String session = (frame != null) ? frame.get("session") : null;
			if (frame != null && session != null) {
				this.ready = true;
				this.inbox.ready(new Inbox.Ready(session, "true".equals(frame.get("degraded"))));
				return;
			}
		}
		if (!this.positions) {
			keep(socket, Payload.text(text), null);
			return;
		}
		Map<String, String> frame = FlatJson.parse(text);
		if (frame != null && text.startsWith(this.subscribedFrame)) {
			this.inbox.subscribed("true".equals(frame.get("recovered")), position(frame));
		}
		else if (frame != null && "message".equals(frame.get("type"))) {
			keep(socket, payload(frame), position(frame));
		}
		else {
			keep(socket, Payload.text(text), null);
		}
	}

	private static Payload payload(Map<String, String> frame) {
		String base64 = frame.get("base64");
		return (base64 != null) ? Payload.binary(Base64.getDecoder().decode(base64))
				: Payload.text(frame.getOrDefault("data", ""));
	}

	private static @Nullable Position position(Map<String, String> frame) {
		String epoch = frame.get("epoch");
		String offset = frame.get("offset");
		return (epoch != null && offset != null) ? new Position(epoch, Long.parseLong(offset)) : null;
	}

	private void keep(WebSocket socket, Payload message, @Nullable Position position) {
		if (!message.isBinary() && message.asText().startsWith(FENCE)) {
			Map<String, String> fence = FlatJson.parse(message.asText());
			if (fence != null) {
				this.inbox.fence(fence.getOrDefault("fence", ""), position);
				return;
			}
		}
		if (!this.inbox.add(message, position)) {
			overflow(socket);
		}
	}

	private void overflow(WebSocket socket) {
		this.inbox.end(new RelayClient.Closed(1006, OVERFLOW));
		socket.abort();
	}

	@Override
	public @Nullable CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
		this.inbox.end(new RelayClient.Closed(code, reason));
		return null;
	}

	@Override
	public void onError(WebSocket socket, Throwable error) {
		this.inbox.end(new RelayClient.Closed(1006, String.valueOf(error)));
	}

}
