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

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;

/**
 * A hash ring: a pure function from a user's name to the node that serves the user. Two
 * rings of the same members and the same spread users give the same owners, in every
 * program: {@code src/docs/ring.md} has the algorithm and its test vectors.
 * <p>
 * Each unit of a member's weight is {@value #POINTS_PER_WEIGHT} points on a circle of
 * 2<sup>48</sup> places. A user belongs to the member with the first point at or after
 * the user's own place.
 * <p>
 * Immutable. A lookup takes about a microsecond. The first lookup computes the ring's
 * points, which takes about a millisecond for each unit of weight: keep a ring instead of
 * building it for each lookup, and {@linkplain #prepare() prepare} it on a thread that
 * may take its time. Two rings are equal if they have the same members and spread users.
 */
public final class Ring {

	/** The number of points for each unit of weight. */
	public static final int POINTS_PER_WEIGHT = 4_000;

	/** The maximum number of members. */
	public static final int MAX_MEMBERS = 1_000;

	/** The maximum sum of all weights. */
	public static final int MAX_TOTAL_WEIGHT = 1_000;

	/** The maximum number of spread users. */
	public static final int MAX_SPREAD = 1_000;

	/** How names are ordered: by the bytes of their UTF-8 form. */
	static final Comparator<String> BY_BYTES = (a, b) -> Arrays.compareUnsigned(a.getBytes(StandardCharsets.UTF_8),
			b.getBytes(StandardCharsets.UTF_8));

	private final List<RingMember> members;

	private final Set<String> spread;

	private final List<RingMember> owners;

	/** Computed when it is first needed: a digest needs no points. */
	private volatile @Nullable RingPoints points;

	private final String digest;

	private Ring(List<RingMember> members, Set<String> spread) {
		this.members = members;
		this.spread = spread;
		this.owners = members.stream().filter((member) -> member.weight() > 0).toList();
		this.digest = digest(this.owners, spread);
	}

	/**
	 * Build a ring.
	 * @param members the members, in any order
	 * @return the ring
	 * @throws IllegalArgumentException if two members have the same name, or there are
	 * more members or weights than a ring may have
	 */
	public static Ring of(Collection<RingMember> members) {
		return of(members, Set.of());
	}

	/**
	 * Build a ring in which some users are spread over all members.
	 * @param members the members, in any order
	 * @param spread the names of the users who are spread
	 * @return the ring
	 * @throws IllegalArgumentException if two members have the same name, if there are
	 * more members, weights or spread users than a ring may have, or if the name of a
	 * spread user contains a control character
	 */
	public static Ring of(Collection<RingMember> members, Collection<String> spread) {
		List<RingMember> sorted = members.stream().sorted(Comparator.comparing(RingMember::name, BY_BYTES)).toList();
		Set<String> names = sorted.stream().map(RingMember::name).collect(Collectors.toSet());
		require(names.size() == sorted.size(), "Two members of a ring have the same name");
		require(sorted.size() <= MAX_MEMBERS, "A ring may have at most " + MAX_MEMBERS + " members");
		require(sorted.stream().mapToInt(RingMember::weight).sum() <= MAX_TOTAL_WEIGHT,
				"The weights of a ring's members may be at most " + MAX_TOTAL_WEIGHT + " in sum");
		require(spread.size() <= MAX_SPREAD, "A ring may have at most " + MAX_SPREAD + " spread users");
		require(spread.stream().allMatch(Ring::canBeSpread),
				"The name of a spread user must not be empty or contain control characters");
		return new Ring(sorted, Set.copyOf(spread));
	}

	private static void require(boolean condition, String message) {
		if (!condition) {
			throw new IllegalArgumentException(message);
		}
	}

	/**
	 * Return whether a user can stand in the list of spread users: the digest needs names
	 * without control characters.
	 * @param user the name of the user's principal
	 * @return whether the user can be spread
	 */
	public static boolean canBeSpread(String user) {
		return !user.isEmpty() && user.chars().noneMatch(Character::isISOControl);
	}

	private static String digest(List<RingMember> owners, Set<String> spread) {
		StringBuilder text = new StringBuilder("ring 1\n");
		owners.forEach((member) -> text.append(member.weight()).append(' ').append(member.name()).append('\n'));
		spread.stream().sorted(BY_BYTES).forEach((user) -> text.append("spread ").append(user).append('\n'));
		byte[] hash = RingPoints.sha256().digest(text.toString().getBytes(StandardCharsets.UTF_8));
		return HexFormat.of().formatHex(hash, 0, 16);
	}

	/**
	 * Return the member that serves a user.
	 * @param user the name of the user's principal
	 * @return the member, or {@code null} if no member has a weight above 0
	 */
	public @Nullable RingMember owner(String user) {
		return this.owners.isEmpty() ? null : this.owners.get(points().find(user));
	}

	private RingPoints points() {
		RingPoints points = this.points;
		if (points == null) {
			// Two threads may compute the same points, which is harmless
			points = RingPoints.of(this.owners, POINTS_PER_WEIGHT);
			this.points = points;
		}
		return points;
	}

	/**
	 * Compute the ring's points now, so that no later lookup has to wait for them.
	 * @return this ring
	 */
	public Ring prepare() {
		points();
		return this;
	}

	/**
	 * Return the member that serves one session of a user. It differs from
	 * {@link #owner(String)} only for users who are spread.
	 * @param user the name of the user's principal
	 * @param session what tells the user's sessions apart, such as a random number
	 * @return the member, or {@code null} if no member has a weight above 0
	 */
	public @Nullable RingMember owner(String user, String session) {
		return owner(isSpread(user) ? user + "#" + session : user);
	}

	/**
	 * Return whether a session of a user is in place on a member: the member owns the
	 * user, or the user is spread and the member has a weight above 0.
	 * @param user the name of the user's principal
	 * @param name the name of the member
	 * @return whether a session of the user is in place there
	 */
	public boolean isInPlace(String user, String name) {
		if (isSpread(user)) {
			return this.owners.stream().anyMatch((member) -> member.name().equals(name));
		}
		RingMember owner = owner(user);
		return owner != null && owner.name().equals(name);
	}

	/**
	 * Return the members.
	 * @return the members by name, including those with weight 0
	 */
	public List<RingMember> members() {
		return this.members;
	}

	/**
	 * Find a member.
	 * @param name the member's name
	 * @return the member, or {@code null} if there is none with that name
	 */
	public @Nullable RingMember member(String name) {
		return this.members.stream().filter((member) -> member.name().equals(name)).findFirst().orElse(null);
	}

	/**
	 * Return the users who are spread over all members.
	 * @return the names of the users
	 */
	public Set<String> spread() {
		return this.spread;
	}

	/**
	 * Return whether a user is spread over all members.
	 * @param user the name of the user's principal
	 * @return whether the user is spread
	 */
	public boolean isSpread(String user) {
		return this.spread.contains(user);
	}

	/**
	 * Return the digest of what decides about owners: the names and weights of the
	 * members whose weight is above 0, and the spread users. Addresses do not count.
	 * @return 32 hexadecimal digits
	 */
	public String digest() {
		return this.digest;
	}

	@Override
	public boolean equals(@Nullable Object other) {
		return this == other
				|| (other instanceof Ring ring && this.members.equals(ring.members) && this.spread.equals(ring.spread));
	}

	@Override
	public int hashCode() {
		return this.digest.hashCode();
	}

	@Override
	public String toString() {
		return "Ring " + this.digest + " of " + this.members;
	}

}
