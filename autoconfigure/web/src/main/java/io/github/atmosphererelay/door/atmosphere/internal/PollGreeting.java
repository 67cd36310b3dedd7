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

/**
 * The frame of the client's own protocol that tells it that it is connected.
 * <p>
 * A client that has met a failure waits for that frame again, and takes the first answer
 * with enough delimiters for it; nothing in its request says so. Where messages have
 * lengths there is an answer that such a client takes for the frame, and another client
 * for three heartbeats, which it ignores.
 */
final class PollGreeting {

	private static final String BOTH = "X1~";

	private final AtmosphereParameters parameters;

	private final String id;

	/**
	 * Create an instance.
	 * @param parameters what the client says of itself
	 * @param id the client's id
	 */
	PollGreeting(AtmosphereParameters parameters, String id) {
		this.parameters = parameters;
		this.id = id;
	}

	/**
	 * Return the first answer.
	 */
	String first() {
		if (!this.parameters.protocol()) {
			return "";
		}
		String greeting = AtmosphereParameters.greeting(this.id);
		return this.parameters.lengths() ? AtmosphereParameters.withLength(greeting) : greeting;
	}

	/**
	 * Return an answer without messages for a client that may wait for the frame, or may
	 * not.
	 */
	String neutral() {
		return (this.parameters.protocol() && this.parameters.lengths()) ? "1|" + BOTH + this.id + "|X1|X" : "";
	}

	/**
	 * Return whether a client has taken a message for the frame: it then has an id that
	 * it was not given.
	 * @param trackingId the id that it shows
	 * @param before the id that it has shown before
	 */
	boolean isMistaken(String trackingId, String before) {
		return this.parameters.protocol() && !trackingId.equals(before)
				&& !trackingId.equals(AtmosphereParameters.UNKNOWN) && !trackingId.equals(this.id)
				&& !trackingId.equals(BOTH + this.id);
	}

}
