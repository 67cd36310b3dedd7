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

import java.util.UUID;

/**
 * Brings the requests of peers to the relay.
 */
final class MeshRequests implements PeerHandler {

	private final PeerMesh mesh;

	private final int maxEnvelopeBytes;

	MeshRequests(PeerMesh mesh, int maxEnvelopeBytes) {
		this.mesh = mesh;
		this.maxEnvelopeBytes = maxEnvelopeBytes;
	}

	@Override
	public boolean isFor(UUID receiver) {
		return this.mesh.isFor(receiver);
	}

	@Override
	public byte[] introduction() {
		return ExchangeCodec.encode(this.mesh.introduction());
	}

	@Override
	public Handled handle(UUID receiver, UUID sender, byte[] body) throws InterruptedException {
		Exchange exchange = ExchangeCodec.decode(body, this.maxEnvelopeBytes);
		UUID meant = (exchange.receiver() != null) ? exchange.receiver() : PeerProtocol.ANYBODY;
		if (!meant.equals(receiver) || !exchange.sender().equals(sender)) {
			throw new RefusedException(RefusalReason.MALFORMED);
		}
		Answer answer = this.mesh.exchange(exchange);
		return new Handled(ExchangeCodec.encode(answer),
				exchange.presence() == Exchange.Presence.LEAVING || this.mesh.isOwn(exchange));
	}

}
