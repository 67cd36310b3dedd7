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

package io.github.atmosphererelay.door.stream.internal;

import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.zip.CRC32;

import io.github.atmosphererelay.door.internal.PositionText;
import io.github.atmosphererelay.message.Position;
import org.jspecify.annotations.Nullable;

/**
 * The positions of a stream in all of its channels, which is the id of its events. A
 * client sends it back when it reconnects. For one channel it is the position as in
 * {@code ?since=}, for example {@code a1:42}. For several it is
 * {@code 1c291ca3~a1:42,,:7}: a hash of the channels' names, and a position for each
 * channel in the order of the request. An empty one belongs to an ephemeral channel, and
 * an empty epoch repeats the one before. For one thread at a time.
 */
final class PositionVector {

	/** As long as a header may safely be. */
	private static final int MAX_LENGTH = 6_000;

	private final List<String> channels;

	private final @Nullable Position[] positions;

	private PositionVector(List<String> channels) {
		this.channels = channels;
		this.positions = new Position[channels.size()];
	}

	/**
	 * Create a vector without positions.
	 * @param channels the channels in the order of the request
	 */
	static PositionVector of(List<String> channels) {
		return new PositionVector(channels);
	}

	/**
	 * Parse a vector.
	 * @param channels the channels in the order of the request
	 * @param text the vector
	 * @return the positions
	 * @throws IllegalArgumentException if it is no vector of these channels, with a
	 * reason for the client
	 */
	static PositionVector parse(List<String> channels, String text) {
		PositionVector vector = new PositionVector(channels);
		if (text.length() > MAX_LENGTH) {
			throw new IllegalArgumentException("the position has more than " + MAX_LENGTH + " characters");
		}
		if (channels.size() == 1) {
			vector.positions[0] = position(text, null);
			return vector;
		}
		String prefix = hash(channels) + "~";
		if (!text.startsWith(prefix)) {
			throw new IllegalArgumentException("the position belongs to other channels");
		}
		String[] entries = text.substring(prefix.length()).split(",", -1);
		if (entries.length != channels.size()) {
			throw new IllegalArgumentException("the position has to have one entry for each channel");
		}
		String epoch = null;
		for (int i = 0; i < entries.length; i++) {
			if (!entries[i].isEmpty()) {
				Position position = position(entries[i], epoch);
				vector.positions[i] = position;
				epoch = position.epoch();
			}
		}
		return vector;
	}

	private static Position position(String entry, @Nullable String before) {
		boolean repeats = entry.startsWith(":") && before != null;
		Position position = PositionText.parse(repeats ? before + entry : entry);
		return repeats ? position : new Position(unescape(position.epoch()), position.offset());
	}

	@Nullable Position get(String channel) {
		int index = this.channels.indexOf(channel);
		return (index >= 0) ? this.positions[index] : null;
	}

	boolean isEmpty() {
		for (Position position : this.positions) {
			if (position != null) {
				return false;
			}
		}
		return true;
	}

	/**
	 * Move on in a channel.
	 * @return whether the channel is one of the request
	 */
	boolean move(String channel, Position position) {
		int index = this.channels.indexOf(channel);
		if (index < 0) {
			return false;
		}
		this.positions[index] = position;
		return true;
	}

	boolean isSingle() {
		return this.channels.size() == 1;
	}

	/**
	 * Return whether a channel is one of the request.
	 */
	boolean covers(String channel) {
		return this.channels.contains(channel);
	}

	@Override
	public String toString() {
		if (this.channels.size() == 1) {
			Position position = this.positions[0];
			return (position != null) ? escape(position.epoch()) + ":" + position.offset() : "";
		}
		StringBuilder text = new StringBuilder(hash(this.channels)).append('~');
		String epoch = null;
		for (int i = 0; i < this.positions.length; i++) {
			Position position = this.positions[i];
			if (i > 0) {
				text.append(',');
			}
			if (position != null) {
				if (!position.epoch().equals(epoch)) {
					epoch = position.epoch();
					text.append(escape(epoch));
				}
				text.append(':').append(position.offset());
			}
		}
		return text.toString();
	}

	private static String hash(List<String> channels) {
		CRC32 hash = new CRC32();
		channels.forEach((channel) -> hash.update((channel + "\n").getBytes(StandardCharsets.UTF_8)));
		return Integer.toHexString((int) hash.getValue());
	}

	/**
	 * Return an epoch in characters that a header and a vector may contain. The epochs of
	 * the library's own relays have no others.
	 */
	private static String escape(String epoch) {
		for (int i = 0; i < epoch.length(); i++) {
			char character = epoch.charAt(i);
			if (character <= ' ' || character >= 0x7F || character == ',' || character == '%' || character == '~') {
				return URLEncoder.encode(epoch, StandardCharsets.UTF_8).replace("+", "%20");
			}
		}
		return epoch;
	}

	private static String unescape(String epoch) {
		return (epoch.indexOf('%') < 0) ? epoch : URLDecoder.decode(epoch, StandardCharsets.UTF_8);
	}

}
