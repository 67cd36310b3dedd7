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
 * A session in a channel, as the session's node tells it to all. Immutable.
 *
 * @param channel the channel's name
 * @param session the session's id
 * @param user the name of its principal, or {@code null} if it is anonymous
 * @param attributes what the application says about it
 * @param joinedAt when it subscribed, in milliseconds by its node's clock; for people
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
	 * Return which member of the channel the session belongs to: all sessions of a user
	 * are one, and an anonymous one is one by itself. Users come before sessions.
	 */
	String member() {
		return (this.user != null) ? memberOf(this.user) : SESSION + this.session;
	}

	static String memberOf(String user) {
		return USER + user;
	}

	/**
	 * Return a number that tells entries apart. The sum over many does not depend on
	 * their order.
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
	 * What there is one entry of at most.
	 *
	 * @param channel the channel's name
	 * @param session the session's id
	 */
	record Key(String channel, String session) {
	}

}
