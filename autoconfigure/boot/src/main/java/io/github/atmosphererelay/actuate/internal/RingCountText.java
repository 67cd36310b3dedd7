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

package io.github.atmosphererelay.actuate.internal;

import java.util.HashMap;
import java.util.Map;

import io.github.atmosphererelay.routing.internal.RingCount;
import io.github.atmosphererelay.routing.internal.RingCount.Share;

/**
 * The text form of a {@link RingCount}, in which nodes answer each other: a line for the
 * totals, and one for each member, with tabs between the numbers and the name. The names
 * of members contain no control characters. A ring has at most 1,000 members, so that the
 * text fits into a message between nodes.
 */
final class RingCountText {

	private RingCountText() {
	}

	static String write(RingCount count) {
		StringBuilder text = new StringBuilder();
		text.append(count.users())
			.append('\t')
			.append(count.sessions())
			.append('\t')
			.append(count.anonymous())
			.append('\n');
		count.byMember()
			.forEach((name, share) -> text.append(share.users())
				.append('\t')
				.append(share.sessions())
				.append('\t')
				.append(name)
				.append('\n'));
		return text.toString();
	}

	/**
	 * Read a count.
	 * @throws IllegalArgumentException if it is none
	 */
	static RingCount read(String text) {
		String[] lines = text.split("\n");
		String[] totals = lines[0].split("\t", -1);
		Map<String, Share> byMember = new HashMap<>();
		for (int i = 1; i < lines.length; i++) {
			String[] parts = lines[i].split("\t", 3);
			if (parts.length < 3) {
				throw new IllegalArgumentException("A line of a node's answer has too few parts");
			}
			byMember.put(parts[2], new Share(Integer.parseInt(parts[0]), Integer.parseInt(parts[1])));
		}
		if (totals.length < 3) {
			throw new IllegalArgumentException("A node's answer has no totals");
		}
		return new RingCount(Integer.parseInt(totals[0]), Integer.parseInt(totals[1]), Integer.parseInt(totals[2]),
				byMember);
	}

	static RingCount sum(RingCount one, RingCount other) {
		Map<String, Share> byMember = new HashMap<>(one.byMember());
		other.byMember().forEach((name, share) -> byMember.merge(name, share, Share::plus));
		return new RingCount(one.users() + other.users(), one.sessions() + other.sessions(),
				one.anonymous() + other.anonymous(), byMember);
	}

}
