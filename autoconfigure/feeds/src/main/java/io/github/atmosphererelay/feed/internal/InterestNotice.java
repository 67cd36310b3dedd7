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

import io.github.atmosphererelay.feed.InterestChange;

/**
 * What Redis publishes about the interest of a node.
 */
sealed interface InterestNotice {

	/**
	 * Return the node's id.
	 */
	UUID node();

	/**
	 * The node has changed its interest.
	 */
	record Changed(InterestChange change) implements InterestNotice {

		@Override
		public UUID node() {
			return this.change.node();
		}

	}

	/**
	 * The node has published its whole interest, which has to be read.
	 */
	record Replaced(String feed, UUID node, long version) implements InterestNotice {
	}

	/**
	 * The node wants nothing any more.
	 */
	record Forgotten(UUID node) implements InterestNotice {
	}

}
