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

package io.github.atmosphererelay.door.atmosphere.internal;

import io.github.atmosphererelay.door.raw.internal.AtmosphereParameters;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.internal.OutboundMessage;
import io.github.atmosphererelay.transport.http.internal.StreamFraming;
import org.jspecify.annotations.Nullable;

/**
 * The framing of a durable session. Before the response ends, the client is told up to
 * which position it has received everything; it keeps that and shows it with its next
 * request. So what was sent is only taken for received if the end of the response was.
 * One object for each response; called by one thread at a time.
 */
final class ResumableFraming implements StreamFraming {

	private static final byte[] NOTHING = {};

	private final AtmosphereFraming framing;

	private final String channel;

	private @Nullable Position position;

	/**
	 * Create the framing of a response.
	 * @param framing encodes messages
	 * @param channel the channel of which positions are kept
	 */
	ResumableFraming(AtmosphereFraming framing, String channel) {
		this.framing = framing;
		this.channel = channel;
	}

	@Override
	public String contentType() {
		return this.framing.contentType();
	}

	@Override
	public byte[] begin() {
		return this.framing.begin();
	}

	@Override
	public byte[] message(OutboundMessage message) {
		byte[] bytes = this.framing.message(message);
		Publication publication = message.publication();
		if (publication != null && publication.position() != null && publication.channel().equals(this.channel)) {
			this.position = publication.position();
		}
		return bytes;
	}

	@Override
	public byte[] ping() {
		return this.framing.ping();
	}

	@Override
	public byte[] end(CloseReason reason) {
		Position position = this.position;
		return (position != null) ? this.framing.text(AtmosphereParameters.resumption(position)) : NOTHING;
	}

}
