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

package io.github.atmosphererelay.transport.internal;

import java.io.IOException;
import java.nio.ByteBuffer;

import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.internal.OutboundMessage;
import io.github.atmosphererelay.session.internal.SessionTransport;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.web.socket.BinaryMessage;
import org.springframework.web.socket.CloseStatus;
import org.springframework.web.socket.PingMessage;
import org.springframework.web.socket.TextMessage;
import org.springframework.web.socket.WebSocketSession;

/**
 * Writes through Spring's session, one frame at a time. Used for sockets without a
 * Jakarta session.
 */
final class SpringTransport implements SessionTransport {

	private static final Log logger = LogFactory.getLog(SpringTransport.class);

	private final WebSocketSession socket;

	SpringTransport(WebSocketSession socket) {
		this.socket = socket;
	}

	@Override
	public void write(OutboundMessage message) throws IOException {
		Payload payload = message.payload();
		this.socket.sendMessage(payload.isBinary() ? new BinaryMessage(ByteBuffer.wrap(payload.bytes()))
				: new TextMessage(payload.bytes()));
	}

	@Override
	public boolean flush(Runnable whenFlushed) {
		return true;
	}

	@Override
	public void ping() throws IOException {
		this.socket.sendMessage(new PingMessage());
	}

	@Override
	public void ping(byte[] payload) throws IOException {
		this.socket.sendMessage(new PingMessage(ByteBuffer.wrap(payload)));
	}

	@Override
	public void close(CloseReason reason) {
		try {
			this.socket.close(new CloseStatus(reason.code(), reason.text()));
		}
		catch (IOException | RuntimeException ex) {
			logger.debug("A WebSocket could not be closed with a close frame", ex);
		}
	}

	@Override
	public void abort(CloseReason reason) {
		close(reason);
	}

}
