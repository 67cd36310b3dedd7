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

package io.github.atmosphererelay.feed.internal;

import java.util.UUID;

import org.jspecify.annotations.Nullable;

/**
 * What interest is of: a node's in a feed.
 *
 * @param node the node's id
 * @param feed the feed's name
 */
record InterestKey(UUID node, String feed) {

	private static final int ID_LENGTH = 36;

	/**
	 * Return the key with this name.
	 * @return the key, or {@code null} if the name is none of a key
	 */
	static @Nullable InterestKey parse(String name) {
		if (name.length() < ID_LENGTH + 2 || name.charAt(ID_LENGTH) != ':') {
			return null;
		}
		try {
			return new InterestKey(UUID.fromString(name.substring(0, ID_LENGTH)), name.substring(ID_LENGTH + 1));
		}
		catch (IllegalArgumentException ex) {
			return null;
		}
	}

	String name() {
		return this.node + ":" + this.feed;
	}

}
