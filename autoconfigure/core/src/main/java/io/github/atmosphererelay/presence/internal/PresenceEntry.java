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

package io.github.atmosphererelay.presence.internal;

import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * The presence of one session in one channel, as the session's node announces it to all
 * nodes. Immutable.
 *
 * @param channel the channel's name
 * @param session the session's id
 * @param user the name of the session's principal, or {@code null} if the session is
 * anonymous
 * @param attributes the attributes that the application supplies for the session
 * @param joinedAt when the session subscribed, in epoch milliseconds by its node's clock;
 * for display only
 */
record PresenceEntry(String channel, String session, @Nullable String user, Map<String, String> attributes,
		long joinedAt) {

	private static final char USER = '0';

	private static final char SESSION = '1';

	PresenceEntry {
		attributes = attributes.isEmpty() ? Map.of() : Map.copyOf(attributes);
	}

	Key key() {
		return new Key(this.channel, this.session);
	}

	/**
	 * Return the key of the member to which the session belongs. All sessions of a user
	 * have the same key; each anonymous session has its own. Keys of users sort before
	 * keys of anonymous sessions.
	 */
	String member() {
		return (this.user != null) ? memberOf(this.user) : SESSION + this.session;
	}

	static String memberOf(String user) {
		return USER + user;
	}

	/**
	 * Return a hash of the whole entry. Nodes compare the sum of the hashes of many
	 * entries, which does not depend on their order.
	 */
	long digest() {
		long hash = hash(hash(0xCBF29CE484222325L, this.channel), this.session);
		hash = hash((this.user != null) ? hash : ~hash, (this.user != null) ? this.user : "");
		long attributes = 0;
		for (Map.Entry<String, String> each : this.attributes.entrySet()) {
			attributes += mix(hash(hash(0, each.getKey()), each.getValue()));
		}
		return mix(hash ^ mix(attributes) ^ Long.rotateLeft(this.joinedAt, 17));
	}

	private static long hash(long seed, String text) {
		long hash = seed ^ text.length();
		for (int i = 0; i < text.length(); i++) {
			hash = (hash ^ text.charAt(i)) * 0x100000001B3L;
		}
		return hash;
	}

	private static long mix(long value) {
		long mixed = (value ^ (value >>> 30)) * 0xBF58476D1CE4E5B9L;
		mixed = (mixed ^ (mixed >>> 27)) * 0x94D049BB133111EBL;
		return mixed ^ (mixed >>> 31);
	}

	/**
	 * Identifies an entry: there is at most one for each session in a channel.
	 *
	 * @param channel the channel's name
	 * @param session the session's id
	 */
	record Key(String channel, String session) {
	}

}
