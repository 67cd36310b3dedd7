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

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.regex.Pattern;

import io.github.atmosphererelay.door.raw.internal.AtmosphereParameters;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.session.internal.MessageFormat;
import io.github.atmosphererelay.session.internal.OutboundMessage;

/**
 * Messages as an {@code atmosphere.js} receives them over HTTP, which knows only text: a
 * binary message is sent in Base64. One object each, so that a message is encoded once
 * for all clients.
 */
enum AtmosphereFormat implements MessageFormat {

	/** Events of the usual name, without ids: the client makes no use of them. */
	EVENTS(true, false),

	/** Events whose data begins with its length. */
	EVENTS_WITH_LENGTH(true, true),

	/** The text alone. */
	TEXT(false, false),

	/** The text after its length. */
	TEXT_WITH_LENGTH(false, true);

	private static final Pattern LINE_END = Pattern.compile("\\r\\n?");

	private static final byte[] NOTHING = {};

	private final boolean events;

	private final boolean lengths;

	AtmosphereFormat(boolean events, boolean lengths) {
		this.events = events;
		this.lengths = lengths;
	}

	static AtmosphereFormat events(AtmosphereParameters parameters) {
		return parameters.lengths() ? EVENTS_WITH_LENGTH : EVENTS;
	}

	static AtmosphereFormat text(AtmosphereParameters parameters) {
		return parameters.lengths() ? TEXT_WITH_LENGTH : TEXT;
	}

	/**
	 * Return whether messages that follow each other can be told from each other.
	 */
	boolean isSeparated() {
		return this.events || this.lengths;
	}

	@Override
	public Payload encode(OutboundMessage message) {
		return Payload.text(encode(message.payload()));
	}

	/**
	 * Encode a message or a frame of a door.
	 * @return the bytes; not modified by the caller
	 */
	byte[] bytes(OutboundMessage message) {
		return message.isFrame() ? encode(message.payload()) : message.encoded(this).bytes();
	}

	private byte[] encode(Payload payload) {
		String text = payload.isBinary() ? Base64.getEncoder().encodeToString(payload.bytes()) : payload.asText();
		return text.isEmpty() ? NOTHING : encode(text).getBytes(StandardCharsets.UTF_8);
	}

	String encode(String text) {
		if (!this.events) {
			return this.lengths ? AtmosphereParameters.withLength(text) : text;
		}
		// What the client receives has line feeds only, and its length is compared there
		String lines = LINE_END.matcher(text).replaceAll("\n");
		return "data: " + (this.lengths ? AtmosphereParameters.withLength(lines) : lines).replace("\n", "\ndata: ")
				+ "\n\n";
	}

}
