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

import java.util.Base64;

import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.message.internal.Json;
import io.github.atmosphererelay.session.internal.MessageFormat;
import io.github.atmosphererelay.session.internal.OutboundMessage;
import org.jspecify.annotations.Nullable;

/**
 * Messages with their channels and positions, as JSON: for clients that ask for
 * positions. One object, so that a message is encoded once for all of them. Written by
 * hand, because that is done for each message, and a generator takes twice as long.
 */
public enum PositionFormat implements MessageFormat {

	/** The only one. */
	INSTANCE;

	@Override
	public Payload encode(OutboundMessage message) {
		Payload payload = message.payload();
		StringBuilder out = new StringBuilder(payload.size() + 120).append("{\"type\":\"message\"");
		String channel = message.channel();
		if (channel != null) {
			out.append(",\"channel\":").append(Json.quote(channel));
		}
		@Nullable Publication publication = message.publication();
		if (publication != null && publication.position() != null) {
			Position position = publication.position();
			out.append(",\"epoch\":").append(Json.quote(position.epoch()));
			out.append(",\"offset\":").append(position.offset());
		}
		if (payload.isBinary()) {
			out.append(",\"base64\":\"").append(Base64.getEncoder().encodeToString(payload.bytes())).append('"');
		}
		else {
			out.append(",\"data\":").append(Json.quote(payload.asText()));
		}
		return Payload.text(out.append('}').toString());
	}

}
