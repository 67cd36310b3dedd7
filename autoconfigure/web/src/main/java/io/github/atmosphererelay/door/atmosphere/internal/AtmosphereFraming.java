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

import io.github.atmosphererelay.door.internal.StreamRequests;
import io.github.atmosphererelay.door.raw.internal.AtmosphereParameters;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.internal.OutboundMessage;
import io.github.atmosphererelay.transport.http.internal.StreamFraming;

/**
 * How messages are written to a response that stays open. Has no state, so that all
 * clients share it.
 */
enum AtmosphereFraming implements StreamFraming {

	/** Server-sent events. */
	EVENTS(StreamRequests.EVENT_STREAM, AtmosphereFormat.EVENTS, ":\n\n", ":\n\n"),

	/** Server-sent events whose data begins with its length. */
	EVENTS_WITH_LENGTH(StreamRequests.EVENT_STREAM, AtmosphereFormat.EVENTS_WITH_LENGTH, ":\n\n", ":\n\n"),

	/**
	 * Text of which the client takes as a message what arrives at once. Nothing may come
	 * before the frame of its protocol.
	 */
	TEXT(AtmosphereFraming.PLAIN, AtmosphereFormat.TEXT, "", AtmosphereParameters.PADDING),

	/** Text in which each message begins with its length. */
	TEXT_WITH_LENGTH(AtmosphereFraming.PLAIN, AtmosphereFormat.TEXT_WITH_LENGTH, "",
			AtmosphereParameters.withLength(AtmosphereParameters.PADDING));

	/** The content type of text. */
	static final String PLAIN = "text/plain;charset=UTF-8";

	private static final byte[] NOTHING = {};

	private final String contentType;

	private final AtmosphereFormat format;

	private final byte[] begin;

	private final byte[] ping;

	AtmosphereFraming(String contentType, AtmosphereFormat format, String begin, String ping) {
		this.contentType = contentType;
		this.format = format;
		this.begin = begin.getBytes(StandardCharsets.US_ASCII);
		this.ping = ping.getBytes(StandardCharsets.US_ASCII);
	}

	static AtmosphereFraming of(AtmosphereParameters parameters) {
		if (parameters.transport() == AtmosphereParameters.Transport.EVENTS) {
			return parameters.lengths() ? EVENTS_WITH_LENGTH : EVENTS;
		}
		return parameters.lengths() ? TEXT_WITH_LENGTH : TEXT;
	}

	@Override
	public String contentType() {
		return this.contentType;
	}

	@Override
	public byte[] begin() {
		return this.begin;
	}

	@Override
	public byte[] message(OutboundMessage message) {
		return this.format.bytes(message);
	}

	@Override
	public byte[] ping() {
		return this.ping;
	}

	/**
	 * The client has no way to learn why a response ends, and comes back.
	 */
	@Override
	public byte[] end(CloseReason reason) {
		return NOTHING;
	}

}
