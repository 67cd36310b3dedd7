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

package io.github.atmosphererelay.door.raw.internal;

import io.github.atmosphererelay.door.internal.PositionFormat;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.session.internal.MessageFormat;
import io.github.atmosphererelay.session.internal.OutboundMessage;

/**
 * Messages with their length before them, for an {@code atmosphere.js} that splits what
 * it receives by lengths. One object each, so that a message is encoded once for all
 * clients.
 */
enum LengthFormat implements MessageFormat {

	/** The message alone. */
	PLAIN {

		@Override
		public Payload encode(OutboundMessage message) {
			return prefix(message.payload());
		}

	},

	/** A JSON object with the message and its position. */
	WITH_POSITION {

		@Override
		public Payload encode(OutboundMessage message) {
			return prefix(message.encoded(PositionFormat.INSTANCE));
		}

	};

	/**
	 * Put its length before a text. The client takes binary messages as they are.
	 */
	static Payload prefix(Payload payload) {
		return payload.isBinary() ? payload : Payload.text(AtmosphereParameters.withLength(payload.asText()));
	}

}
