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

import io.github.atmosphererelay.message.Position;

/**
 * Parses positions as clients send them, for example {@code a1:42}.
 */
public final class PositionText {

	/** No relay's epochs are nearly as long. */
	private static final int MAX_LENGTH = 300;

	private PositionText() {
	}

	/**
	 * Parse a position. Epochs are opaque, and may contain colons.
	 * @param text an epoch, a colon and an offset
	 * @return the position
	 * @throws IllegalArgumentException if it is no position; the message is for the
	 * client
	 */
	public static Position parse(String text) {
		int colon = text.lastIndexOf(':');
		if (colon > 0 && text.length() <= MAX_LENGTH) {
			try {
				return new Position(text.substring(0, colon), Long.parseLong(text.substring(colon + 1)));
			}
			catch (IllegalArgumentException ex) {
				// As with one that has no colon
			}
		}
		throw new IllegalArgumentException("'since' has to be an epoch, a colon and an offset");
	}

}
