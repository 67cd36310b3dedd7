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

package io.github.atmosphererelay.door;

import java.util.Map;
import java.util.Objects;
import java.util.function.Function;

import io.github.atmosphererelay.door.ClientLimits.Admission;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.SessionTransport;
import io.github.atmosphererelay.transport.Inbound;
import io.github.atmosphererelay.transport.Transports;
import org.jspecify.annotations.Nullable;

import org.springframework.web.socket.WebSocketSession;

/**
 * Brings sockets whose handshakes were let in to their door. Does not block.
 */
final class SocketDispatcher implements Function<WebSocketSession, @Nullable Inbound> {

	private final DoorContext context;

	private final Door door;

	SocketDispatcher(DoorContext context, Door door) {
		this.context = context;
		this.door = door;
	}

	@Override
	public @Nullable Inbound apply(WebSocketSession socket) {
		Map<String, Object> attributes = socket.getAttributes();
		// Most connections have nothing else that would be kept of the handshake
		ClientProof proof = (ClientProof) Objects.requireNonNull(attributes.remove(DoorInterceptor.PROOF));
		SessionTransport transport = Transports.of(socket, this.context.settings().sendTimeout());
		Admission admission = this.context.limits().admit(socket.getRemoteAddress());
		if (admission == null) {
			this.context.node().statistics().countRefused(ErrorCode.LIMIT_EXCEEDED);
			transport.close(CloseReason.CONNECTION_LIMIT);
			return null;
		}
		try {
			return this.door
				.take(new Arrival(this.context, transport, admission, proof, socket.getRemoteAddress(), attributes));
		}
		catch (RuntimeException | Error ex) {
			admission.end();
			throw ex;
		}
	}

}
