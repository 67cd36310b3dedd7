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

package io.github.atmosphererelay.routing;

import org.jspecify.annotations.Nullable;

/**
 * An event: this node has learnt of a newer published ring. Published as an application
 * event, in the order of the versions. A version with the same digest as the one before
 * places everybody as before; its members may have other addresses.
 *
 * @param previous the ring before, or {@code null} if there was none
 * @param current the ring now
 */
public record RingChanged(@Nullable PublishedRing previous, PublishedRing current) {

	/**
	 * Return whether users have other owners than before.
	 * @return whether the digest is another one
	 */
	public boolean movesUsers() {
		return this.previous == null || !this.previous.version().digest().equals(this.current.version().digest());
	}

}
