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

import java.security.Principal;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

import io.github.atmosphererelay.routing.PublishedRing;
import io.github.atmosphererelay.session.internal.LocalSession;
import org.jspecify.annotations.Nullable;

/**
 * How many users with sessions on this node, and how many of their sessions, belong to
 * each member of a ring, or would have to move to it.
 *
 * @param users the number of users with a session here
 * @param sessions the number of their sessions
 * @param anonymous the number of sessions without a user, which belong anywhere
 * @param byMember the users by the member that they belong or would move to; the key is
 * an empty string for users who may be anywhere
 */
public record RingCount(int users, int sessions, int anonymous, Map<String, Share> byMember) {

	/** The key of users who may be anywhere: they are spread, or nobody places them. */
	public static final String ANYWHERE = "";

	public RingCount {
		byMember = Map.copyOf(byMember);
	}

	/**
	 * Count to whom the sessions belong.
	 */
	static RingCount owners(Collection<LocalSession> sessions, PublishedRing ring, UserPlaces places, Runnable failed) {
		return count(sessions, (user) -> {
			String owner = places.owner(user, ring);
			return (owner != null) ? owner : ANYWHERE;
		}, failed);
	}

	/**
	 * Count whom a change of the ring would move away from this node: what a move would
	 * close. Users whose owner stays the same are not counted.
	 */
	static RingCount moves(Collection<LocalSession> sessions, PublishedRing before, PublishedRing after,
			UserPlaces places, Runnable failed) {
		return count(sessions, (user) -> {
			if (!places.isChanged(user, before, after) || places.isInPlace(user, after)) {
				return null;
			}
			String owner = places.owner(user, after);
			return (owner != null) ? owner : ANYWHERE;
		}, failed);
	}

	private static RingCount count(Collection<LocalSession> sessions, Target target, Runnable failed) {
		Map<String, Integer> byUser = new HashMap<>();
		int anonymous = 0;
		int total = 0;
		for (LocalSession session : sessions) {
			Principal principal = session.principal();
			if (principal == null) {
				anonymous++;
			}
			else {
				byUser.merge(principal.getName(), 1, Integer::sum);
				total++;
			}
		}
		Map<String, Share> byMember = new HashMap<>();
		byUser.forEach((user, count) -> {
			try {
				String member = target.of(user);
				if (member != null) {
					byMember.merge(member, new Share(1, count), Share::plus);
				}
			}
			catch (RuntimeException ex) {
				// The application's placement
				failed.run();
			}
		});
		return new RingCount(byUser.size(), total, anonymous, byMember);
	}

	/**
	 * Tells under which member a user is counted.
	 */
	@FunctionalInterface
	private interface Target {

		@Nullable String of(String user);

	}

	/**
	 * A number of users and of their sessions.
	 *
	 * @param users the number of users
	 * @param sessions the number of their sessions
	 */
	public record Share(int users, int sessions) {

		/**
		 * Return the sum of two shares.
		 * @param other the other one
		 * @return the sum
		 */
		public Share plus(Share other) {
			return new Share(this.users + other.users, this.sessions + other.sessions);
		}

	}

}
