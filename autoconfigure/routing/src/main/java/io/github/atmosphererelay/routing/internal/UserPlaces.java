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

package io.github.atmosphererelay.routing.internal;

import io.github.atmosphererelay.routing.Placement;
import io.github.atmosphererelay.routing.PublishedRing;
import io.github.atmosphererelay.routing.RingMember;
import org.jspecify.annotations.Nullable;

/**
 * Where a ring places users, seen from one node. Calls the application's
 * {@link Placement}, which may be slow or throw.
 */
final class UserPlaces {

	private final String self;

	private final Placement placement;

	UserPlaces(String self, Placement placement) {
		this.self = self;
		this.placement = placement;
	}

	/**
	 * Return whether a ring has this node among those that serve clients.
	 */
	boolean isServing(PublishedRing ring) {
		RingMember member = ring.ring().member(this.self);
		return member != null && member.weight() > 0;
	}

	/**
	 * Return whether a user's sessions are in place on this node.
	 */
	boolean isInPlace(String user, PublishedRing ring) {
		if (ring.ring().isSpread(user)) {
			return ring.ring().isInPlace(user, this.self);
		}
		RingMember owner = this.placement.ofUser(user, ring.ring());
		return owner == null || owner.name().equals(this.self);
	}

	/**
	 * Return whether a change of the ring gives a user another owner. Sessions of other
	 * users that are not in place came by a balancer that does not know the ring, and
	 * would come by it again.
	 */
	boolean isChanged(String user, PublishedRing before, PublishedRing now) {
		if (now.ring().isSpread(user)) {
			return isInPlace(user, before) != isInPlace(user, now);
		}
		if (before.ring().isSpread(user)) {
			return true;
		}
		String owner = name(this.placement.ofUser(user, now.ring()));
		return owner != null && !owner.equals(name(this.placement.ofUser(user, before.ring())));
	}

	/**
	 * Return the name of the member that owns a user.
	 * @return the name, or {@code null} if the user may be on any node
	 */
	@Nullable String owner(String user, PublishedRing ring) {
		return ring.ring().isSpread(user) ? null : name(this.placement.ofUser(user, ring.ring()));
	}

	private static @Nullable String name(@Nullable RingMember member) {
		return (member != null) ? member.name() : null;
	}

}
