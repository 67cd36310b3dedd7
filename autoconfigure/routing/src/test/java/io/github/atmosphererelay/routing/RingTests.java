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

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

/**
 * Tests for {@link Ring}.
 */
class RingTests {

	private static final int USERS = 10_000;

	/** The tests of distribution try this many rings of random names. */
	private static final int RINGS = 150;

	@Test
	void usersAreSpreadByWeightToWithinTenPercentOnEveryRing() {
		Random random = new Random(1);
		for (int i = 0; i < RINGS; i++) {
			List<RingMember> members = members(random, 3, 3);
			int total = members.stream().mapToInt(RingMember::weight).sum();
			Map<String, Integer> counts = counts(Ring.of(members), i);
			for (RingMember member : members) {
				double fair = (double) USERS * member.weight() / total;
				assertThat(counts.get(member.name()).doubleValue()).as("ring " + i + " of " + members)
					.isCloseTo(fair, within(fair / 10));
			}
		}
	}

	/** Shows why a unit of weight has 4,000 points, with the rings of the test above. */
	@Test
	void withAHundredPointsForAUnitOfWeightManyOfTheseRingsAreUneven() {
		assertThat(unevenRings(100)).isEqualTo(59);
	}

	private static int unevenRings(int perWeight) {
		Random random = new Random(1);
		int uneven = 0;
		for (int i = 0; i < RINGS; i++) {
			List<RingMember> members = members(random, 3, 3);
			RingPoints points = RingPoints.of(members, perWeight);
			int[] counts = new int[members.size()];
			for (int user = 0; user < USERS; user++) {
				counts[points.find("user-" + i + "-" + user)]++;
			}
			int total = members.stream().mapToInt(RingMember::weight).sum();
			uneven += IntStream.range(0, counts.length).anyMatch((member) -> {
				double fair = (double) USERS * members.get(member).weight() / total;
				return Math.abs(counts[member] - fair) > fair / 10;
			}) ? 1 : 0;
		}
		return uneven;
	}

	@Test
	void aFourthNodeTakesAQuarterOfTheUsersAndNobodyElseMoves() {
		Random random = new Random(2);
		for (int i = 0; i < RINGS; i++) {
			List<RingMember> members = members(random, 4, 1);
			Ring three = Ring.of(members.subList(0, 3));
			Ring four = Ring.of(members);
			int moved = 0;
			for (int user = 0; user < USERS; user++) {
				String name = "user-" + i + "-" + user;
				RingMember after = four.owner(name);
				if (after != three.owner(name)) {
					assertThat(after).isEqualTo(members.get(3));
					moved++;
				}
			}
			assertThat(moved / (double) USERS).as("ring " + i).isCloseTo(0.25, within(0.02));
		}
	}

	@Test
	void onlyTheUsersOfANodeThatLeavesMove() {
		Ring three = Ring.of(List.of(new RingMember("a", 1), new RingMember("b", 2), new RingMember("c", 1)));
		Ring two = Ring.of(List.of(new RingMember("a", 1), new RingMember("c", 1)));
		for (int user = 0; user < USERS; user++) {
			String name = "user-" + user;
			if (!three.isInPlace(name, "b")) {
				assertThat(two.owner(name)).isEqualTo(three.owner(name));
			}
		}
	}

	@Test
	void theOrderOfMembersAndTheirAddressesChangeNothing() {
		Ring ring = Ring.of(List.of(new RingMember("a", 1, "https://a.example.com"), new RingMember("b", 2)),
				List.of("x", "y"));
		Ring other = Ring.of(List.of(new RingMember("b", 2, "https://b.example.com"), new RingMember("a", 1)),
				List.of("y", "x"));
		assertThat(other.digest()).isEqualTo(ring.digest());
		assertThat(other.members()).extracting(RingMember::name).containsExactly("a", "b");
		assertThat(ring.member("a")).isEqualTo(new RingMember("a", 1, "https://a.example.com"));
		assertThat(ring.member("c")).isNull();
	}

	@Test
	void aMemberWithoutWeightOwnsNobodyAndDoesNotChangeTheDigest() {
		Ring alone = Ring.of(List.of(new RingMember("a", 1)));
		Ring ring = Ring.of(List.of(new RingMember("a", 1), new RingMember("gateway", 0)));
		assertThat(ring.digest()).isEqualTo(alone.digest());
		assertThat(counts(ring, 0)).containsOnly(Map.entry("a", USERS));
		assertThat(Ring.of(List.of(new RingMember("gateway", 0))).owner("alice")).isNull();
		assertThat(Ring.of(List.of()).owner("alice")).isNull();
	}

	@Test
	void sessionsOfASpreadUserGoToAllMembersByWeightAndAreInPlaceOnEach() {
		Ring ring = Ring.of(List.of(new RingMember("a", 1), new RingMember("b", 3), new RingMember("c", 0)),
				Set.of("bot"));
		Map<String, Integer> counts = new HashMap<>();
		for (int session = 0; session < USERS; session++) {
			RingMember owner = ring.owner("bot", Integer.toString(session));
			counts.merge((owner != null) ? owner.name() : "", 1, Integer::sum);
			assertThat(ring.owner("alice", Integer.toString(session))).isEqualTo(ring.owner("alice"));
		}
		assertThat(counts.get("b") / (double) USERS).isCloseTo(0.75, within(0.03));
		assertThat(counts).containsOnlyKeys("a", "b");
		assertThat(ring.isInPlace("bot", "a")).isTrue();
		assertThat(ring.isInPlace("bot", "b")).isTrue();
		assertThat(ring.isInPlace("bot", "c")).isFalse();
		assertThat(ring.isInPlace("bot", "d")).isFalse();
	}

	@Test
	void aRingThatIsTooLargeOrAmbiguousIsRefused() {
		assertThatIllegalArgumentException()
			.isThrownBy(() -> Ring.of(List.of(new RingMember("a", 1), new RingMember("a", 2))))
			.withMessageContaining("same name");
		List<RingMember> heavy = new ArrayList<>();
		for (int i = 0; i < 11; i++) {
			heavy.add(new RingMember("node-" + i, RingMember.MAX_WEIGHT));
		}
		assertThatIllegalArgumentException().isThrownBy(() -> Ring.of(heavy)).withMessageContaining("weights");
		assertThatIllegalArgumentException().isThrownBy(() -> Ring.of(List.of(), List.of("a\nb")));
		assertThatIllegalArgumentException().isThrownBy(() -> new RingMember("a\nb", 1));
		assertThatIllegalArgumentException().isThrownBy(() -> new RingMember(" ", 1));
		assertThatIllegalArgumentException().isThrownBy(() -> new RingMember("a", 101)).withMessageContaining("weight");
	}

	@Test
	void versionsAreOrderedByTermThenCounter() {
		RingVersion first = new RingVersion(1, 9, "f");
		assertThat(new RingVersion(2, 1, "a").isNewerThan(first)).isTrue();
		assertThat(new RingVersion(1, 10, "a").isNewerThan(first)).isTrue();
		assertThat(first.isNewerThan(first)).isFalse();
		assertThat(first).hasToString("1.9.f");
	}

	private static List<RingMember> members(Random random, int count, int maxWeight) {
		List<RingMember> members = new ArrayList<>();
		for (int i = 0; i < count; i++) {
			members.add(
					new RingMember("chat-" + Long.toHexString(random.nextLong()), 1 + random.nextInt(maxWeight), null));
		}
		return members;
	}

	private static Map<String, Integer> counts(Ring ring, int seed) {
		Map<String, Integer> counts = new HashMap<>();
		for (int user = 0; user < USERS; user++) {
			RingMember owner = ring.owner("user-" + seed + "-" + user);
			counts.merge((owner != null) ? owner.name() : "", 1, Integer::sum);
		}
		return counts;
	}

}
