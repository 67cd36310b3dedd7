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

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

import io.github.atmosphererelay.cluster.ClusterNode;
import io.github.atmosphererelay.cluster.NodeRouting;
import io.github.atmosphererelay.cluster.internal.HeardNode;
import io.github.atmosphererelay.routing.RingMember;
import org.jspecify.annotations.Nullable;

/**
 * The nodes that a ring may have as members: for each name one node. While several starts
 * of one name beat, the oldest one counts, by what they say, and the others stay outside.
 *
 * @param byName the nodes that count, by name
 * @param outside nodes that beat, and whose name belongs to another node
 */
record RingCandidates(Map<String, Candidate> byName, List<ClusterNode> outside) {

	static final RingCandidates NONE = new RingCandidates(Map.of(), List.of());

	private static final Comparator<HeardNode> OLDEST_FIRST = Comparator
		.comparing((HeardNode each) -> each.node().startedAt())
		.thenComparing((each) -> each.node().id());

	/**
	 * Choose the candidates.
	 * @param nodes the nodes of the cluster
	 * @param draining nodes that have announced that they are about to stop
	 * @param silentNanos a node that is silent for longer has stopped beating
	 */
	static RingCandidates of(Collection<HeardNode> nodes, Set<UUID> draining, long silentNanos) {
		Map<String, List<HeardNode>> starts = new HashMap<>();
		nodes.stream()
			.filter((each) -> each.node().routing() != null && isName(each.node().name()))
			.sorted(OLDEST_FIRST)
			.forEach((each) -> starts.computeIfAbsent(each.node().name(), (name) -> new ArrayList<>()).add(each));
		Map<String, Candidate> byName = new HashMap<>();
		List<ClusterNode> outside = new ArrayList<>();
		starts.forEach((name, ofName) -> {
			List<HeardNode> beating = ofName.stream().filter((each) -> each.silentNanos() <= silentNanos).toList();
			HeardNode counts = beating.isEmpty() ? ofName.get(ofName.size() - 1) : beating.get(0);
			beating.stream().filter((each) -> each != counts).forEach((each) -> outside.add(each.node()));
			byName.put(name, candidate(counts.node(), draining));
		});
		return new RingCandidates(Map.copyOf(byName), List.copyOf(outside));
	}

	private static boolean isName(String name) {
		return !name.isBlank() && name.length() <= RingMember.MAX_NAME_LENGTH
				&& name.chars().noneMatch(Character::isISOControl);
	}

	private static Candidate candidate(ClusterNode node, Set<UUID> draining) {
		NodeRouting routing = node.routing();
		int weight = (routing == null || draining.contains(node.id())) ? 0 : routing.weight();
		return new Candidate(node, new RingMember(node.name(), weight, (routing != null) ? routing.address() : null));
	}

	/**
	 * Return the node that publishes the ring: the one that has published the present
	 * ring, as long as it serves clients, otherwise the oldest one that does, by what the
	 * nodes say of their start. So a node whose clock is behind takes over from nobody.
	 * @param present the node that has published the present ring, if there is one
	 * @param mute nodes that do not publish although they should
	 */
	@Nullable UUID publisher(@Nullable UUID present, Set<UUID> mute) {
		List<ClusterNode> serving = this.byName.values()
			.stream()
			.filter((each) -> each.member().weight() > 0)
			.map(Candidate::node)
			.filter((node) -> !mute.contains(node.id()))
			.toList();
		if (serving.stream().anyMatch((node) -> node.id().equals(present))) {
			return present;
		}
		return serving.stream()
			.min(Comparator.comparing(ClusterNode::startedAt).thenComparing(ClusterNode::id))
			.map(ClusterNode::id)
			.orElse(null);
	}

	/**
	 * Return whether a node stands outside, because another one has its name.
	 */
	boolean isOutside(UUID node) {
		return this.outside.stream().anyMatch((each) -> each.id().equals(node));
	}

	/**
	 * A node that a ring may have as a member.
	 */
	record Candidate(ClusterNode node, RingMember member) {
	}

}
