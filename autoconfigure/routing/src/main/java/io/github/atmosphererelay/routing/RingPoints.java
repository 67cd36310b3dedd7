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
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.List;

/**
 * The points of a ring. A point is a place on a circle of 2<sup>48</sup> places, and a
 * member's index. Both stand in one {@code long}, so that sorting needs no objects: the
 * place in the upper 48 of 63 bits, the index in the 15 bits below, which also decides
 * between two points at one place.
 */
final class RingPoints {

	/** The bytes of a place. */
	private static final int PLACE_BYTES = 6;

	/** The number of points that one hash of 32 bytes yields. */
	private static final int POINTS_PER_HASH = 5;

	private static final int INDEX_BITS = 15;

	private final long[] points;

	private RingPoints(long[] points) {
		this.points = points;
	}

	/**
	 * Compute the points of members.
	 * @param members the members with a weight above 0, in the order of their names
	 * @param perWeight the number of points for each unit of weight, a multiple of 5
	 */
	static RingPoints of(List<RingMember> members, int perWeight) {
		int size = members.stream().mapToInt((member) -> member.weight() * perWeight).sum();
		long[] points = new long[size];
		MessageDigest sha256 = sha256();
		int next = 0;
		for (int index = 0; index < members.size(); index++) {
			RingMember member = members.get(index);
			int hashes = member.weight() * perWeight / POINTS_PER_HASH;
			for (int i = 0; i < hashes; i++) {
				byte[] hash = sha256.digest((member.name() + "#" + i).getBytes(StandardCharsets.UTF_8));
				for (int part = 0; part < POINTS_PER_HASH; part++) {
					points[next++] = place(hash, part * PLACE_BYTES) << INDEX_BITS | index;
				}
			}
		}
		Arrays.sort(points);
		return new RingPoints(points);
	}

	private static long place(byte[] hash, int offset) {
		long place = 0;
		for (int i = 0; i < PLACE_BYTES; i++) {
			place = place << 8 | (hash[offset + i] & 0xff);
		}
		return place;
	}

	/**
	 * Return the index of the member with the first point at or after a key's place.
	 */
	int find(String key) {
		long place = place(sha256().digest(key.getBytes(StandardCharsets.UTF_8)), 0) << INDEX_BITS;
		int found = Arrays.binarySearch(this.points, place);
		int position = (found >= 0) ? found : -(found + 1);
		long point = this.points[(position < this.points.length) ? position : 0];
		return (int) (point & ((1 << INDEX_BITS) - 1));
	}

	static MessageDigest sha256() {
		try {
			return MessageDigest.getInstance("SHA-256");
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException("Every Java platform has SHA-256", ex);
		}
	}

}
