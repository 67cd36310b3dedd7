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

package io.github.atmosphererelay.door.internal;

import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;

import io.github.atmosphererelay.door.internal.ClientLimits.Admission;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.internal.SessionTransport;
import io.github.atmosphererelay.transport.internal.Inbound;
import io.github.atmosphererelay.transport.internal.Transports;
import org.jspecify.annotations.Nullable;

import org.springframework.web.socket.WebSocketSession;

/**
 * Passes accepted sockets to their door. Does not block.
 */
final class SocketDispatcher implements Function<WebSocketSession, @Nullable Inbound> {

	private final Reception reception;

	private final ClientLimits limits;

	private final Duration sendTimeout;

	private final Door door;

	/**
	 * Create a dispatcher.
	 * @param reception creates sessions
	 * @param limits counts connections and limits them, for all doors together
	 * @param sendTimeout the maximum time for which a write to a socket may block
	 * @param door the door of the sockets
	 */
	SocketDispatcher(Reception reception, ClientLimits limits, Duration sendTimeout, Door door) {
		this.reception = reception;
		this.limits = limits;
		this.sendTimeout = sendTimeout;
		this.door = door;
	}

	@Override
	public @Nullable Inbound apply(WebSocketSession socket) {
		Map<String, Object> attributes = socket.getAttributes();
		// Most connections keep nothing else of the handshake
		ClientProof proof = (ClientProof) Objects.requireNonNull(attributes.remove(DoorInterceptor.PROOF));
		SessionTransport transport = Transports.of(socket, this.sendTimeout);
		Admission admission = this.limits.admit(socket.getRemoteAddress());
		if (admission == null) {
			this.reception.countRefused(ErrorCode.LIMIT_EXCEEDED);
			transport.close(CloseReason.CONNECTION_LIMIT);
			return null;
		}
		try {
			return this.door
				.take(new Arrival(this.reception, transport, admission, proof, socket.getRemoteAddress(), attributes));
		}
		catch (RuntimeException | Error ex) {
			admission.end();
			throw ex;
		}
	}

}
