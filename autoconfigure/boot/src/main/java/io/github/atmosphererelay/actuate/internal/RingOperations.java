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

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.github.atmosphererelay.cluster.Cluster;
import io.github.atmosphererelay.cluster.ClusterAnswers;
import io.github.atmosphererelay.cluster.ClusterNode;
import io.github.atmosphererelay.cluster.ClusterQuestionHandler;
import io.github.atmosphererelay.cluster.ClusterSession;
import io.github.atmosphererelay.cluster.SessionPage;
import io.github.atmosphererelay.cluster.SessionQuery;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.routing.PublishedRing;
import io.github.atmosphererelay.routing.Ring;
import io.github.atmosphererelay.routing.RingMember;
import io.github.atmosphererelay.routing.RingVersion;
import io.github.atmosphererelay.routing.Route;
import io.github.atmosphererelay.routing.internal.HeldNode;
import io.github.atmosphererelay.routing.internal.RingCount;
import io.github.atmosphererelay.routing.internal.RingCount.Share;
import io.github.atmosphererelay.routing.internal.RingDocument;
import io.github.atmosphererelay.routing.internal.RingState;
import io.github.atmosphererelay.routing.internal.RoutingService;
import org.jspecify.annotations.Nullable;

/**
 * Shows the ring to operators. It asks all nodes what the ring means for their sessions,
 * and answers their questions for this node. Safe for use by many threads.
 */
public final class RingOperations implements RoutingOperations, ClusterQuestionHandler {

	private static final String QUESTION = "atmosphere.actuator.routing";

	private static final int MAX_SPREAD = 100;

	private static final Share NONE = new Share(0, 0);

	private final RoutingService routing;

	private final Cluster cluster;

	private final Duration timeout;

	/**
	 * Create the operations.
	 * @param routing the routing of this node
	 * @param cluster all nodes
	 * @param timeout how long to wait for the answers of the other nodes
	 */
	public RingOperations(RoutingService routing, Cluster cluster, Duration timeout) {
		this.routing = routing;
		this.cluster = cluster;
		this.timeout = timeout;
	}

	@Override
	public String question() {
		return QUESTION;
	}

	/**
	 * Answer for this node. The details are empty, or the ring after a change.
	 */
	@Override
	public CompletionStage<Payload> answer(UUID asker, Payload details) {
		String text = details.asText();
		return (text.isEmpty() ? this.routing.owners() : this.routing.moves(RingDocument.read(text).ring()))
			.thenApply(RingCountText::write)
			.thenApply(Payload::text);
	}

	private ClusterAnswers<Payload> ask(String details) {
		return this.cluster.ask(QUESTION, Payload.text(details), this.timeout).join();
	}

	@Override
	public RingDescriptor describe() {
		RingState state = this.routing.state();
		PublishedRing published = this.routing.ring();
		ClusterAnswers<Payload> answers = ask("");
		Map<String, RingCount> byNode = byNode(answers);
		Map<String, Share> owned = new HashMap<>();
		byNode.values()
			.forEach((count) -> count.byMember().forEach((name, share) -> owned.merge(name, share, Share::plus)));
		int weights = (published != null) ? published.ring().members().stream().mapToInt(RingMember::weight).sum() : 0;
		List<MemberDescriptor> members = (published != null)
				? published.ring().members().stream().map((member) -> member(member, weights, owned, byNode)).toList()
				: List.of();
		Set<String> spread = (published != null) ? published.ring().spread() : Set.of();
		return new RingDescriptor(this.routing.self(), this.routing.isAgreed(), state.frozen(),
				(published != null) ? VersionDescriptor.of(published) : null,
				(state.publisher() != null) ? node(state.publisher()) : null, members, outside(state), spread.size(),
				spread.stream().sorted().limit(MAX_SPREAD).toList(),
				owned.getOrDefault(RingCount.ANYWHERE, NONE).sessions(),
				byNode.values().stream().mapToInt(RingCount::anonymous).sum(), this.routing.problem(), answers.failed(),
				answers.unanswered());
	}

	private static MemberDescriptor member(RingMember member, int weights, Map<String, Share> owned,
			Map<String, RingCount> byNode) {
		Share share = owned.getOrDefault(member.name(), NONE);
		RingCount here = byNode.get(member.name());
		int inPlace = (here != null) ? here.byMember().getOrDefault(member.name(), NONE).sessions() : 0;
		return new MemberDescriptor(member.name(), member.weight(), member.address(),
				(weights > 0) ? (double) member.weight() / weights : 0, share.users(), share.sessions(), inPlace);
	}

	private List<OutsideDescriptor> outside(RingState state) {
		Stream<OutsideDescriptor> held = state.held().stream().map(RingOperations::outside);
		Stream<OutsideDescriptor> sameName = state.outside()
			.stream()
			.map((id) -> new OutsideDescriptor(node(id).name(), id,
					"an older node that still beats has its name: give each node its own"
							+ " 'atmosphere.cluster.node-name'"));
		return Stream.concat(held, sameName).toList();
	}

	private static OutsideDescriptor outside(HeldNode held) {
		String reason = held.remaining().isZero()
				? "the ring has no room for its weight: lower 'atmosphere.routing.weight'"
				: "it is new, or has left " + held.departures() + " times lately: it is taken in after "
						+ held.remaining().toSeconds() + " s";
		return new OutsideDescriptor(held.name(), null, reason);
	}

	private NodeName node(UUID id) {
		return new NodeName(id,
				this.cluster.nodes()
					.stream()
					.filter((node) -> node.id().equals(id))
					.map(ClusterNode::name)
					.findFirst()
					.orElse("?"));
	}

	/**
	 * Return the answers by the nodes' names. A name that two nodes have stands for both.
	 */
	private Map<String, RingCount> byNode(ClusterAnswers<Payload> answers) {
		Map<UUID, String> names = this.cluster.nodes()
			.stream()
			.collect(Collectors.toMap(ClusterNode::id, ClusterNode::name, (a, b) -> a));
		Map<String, RingCount> byNode = new TreeMap<>();
		answers.answers()
			.forEach((id, answer) -> byNode.merge(names.getOrDefault(id, id.toString()),
					RingCountText.read(answer.asText()), RingCountText::sum));
		return byNode;
	}

	@Override
	public UserPage users(@Nullable String user, @Nullable String after, int size) {
		SessionPage page = this.cluster.sessions(new SessionQuery(user, null, after, size)).join();
		PublishedRing published = this.routing.ring();
		List<UserDescriptor> users = new ArrayList<>();
		for (ClusterSession session : page.sessions()) {
			String name = session.user();
			if (name == null) {
				continue;
			}
			String owner = owner(published, name);
			String node = node(session.node()).name();
			users.add(new UserDescriptor(name, owner, session.id(), node, owner == null || owner.equals(node)));
		}
		return new UserPage((published != null) ? VersionDescriptor.of(published) : null, user,
				(user != null) ? owner(published, user) : null, users, page.next(), page.failed(), page.unanswered());
	}

	private @Nullable String owner(@Nullable PublishedRing published, String user) {
		if (published == null || published.ring().isSpread(user)) {
			return null;
		}
		Route route = this.routing.find(user);
		return (route != null) ? route.node() : null;
	}

	@Override
	public ChangeDescriptor preview(Change change) {
		PublishedRing published = this.routing.ring();
		if (published == null) {
			throw ClusterOperations.invalid("there is no ring yet");
		}
		Ring after = change(published.ring(), change);
		RingVersion version = new RingVersion(published.version().term(), published.version().counter(),
				after.digest());
		// Addresses do not count, and would make the question long
		Ring asked = Ring.of(
				after.members().stream().map((member) -> new RingMember(member.name(), member.weight())).toList(),
				after.spread());
		ClusterAnswers<Payload> answers = ask(RingDocument.write(new PublishedRing(version, asked)));
		Map<String, RingCount> byNode = byNode(answers);
		List<NodeMoves> nodes = byNode.entrySet()
			.stream()
			.map((each) -> NodeMoves.of(each.getKey(), each.getValue()))
			.toList();
		return new ChangeDescriptor(VersionDescriptor.of(published),
				after.members().stream().map((member) -> new MemberWeight(member.name(), member.weight())).toList(),
				nodes.stream().mapToInt(NodeMoves::users).sum(), nodes.stream().mapToInt(NodeMoves::movingUsers).sum(),
				nodes.stream().mapToInt(NodeMoves::movingSessions).sum(), nodes, answers.failed(),
				answers.unanswered());
	}

	private static Ring change(Ring ring, Change change) {
		long names = Stream.of(change.add(), change.remove(), change.change()).filter(Objects::nonNull).count();
		if (names != 1) {
			throw ClusterOperations.invalid("give one of 'add', 'remove' and 'change'");
		}
		List<RingMember> members = new ArrayList<>(ring.members());
		try {
			if (change.add() != null) {
				require(ring.member(change.add()) == null, "a member has that name already: use 'change'");
				members.add(new RingMember(change.add(), (change.weight() != null) ? change.weight() : 1));
			}
			else if (change.remove() != null) {
				require(members.removeIf((member) -> member.name().equals(change.remove())), "no member has that name");
			}
			else {
				Integer weight = change.weight();
				RingMember member = ring.member(Objects.requireNonNull(change.change()));
				require(member != null, "no member has that name");
				require(weight != null, "'weight' is missing");
				if (member != null && weight != null) {
					members.remove(member);
					members.add(new RingMember(member.name(), weight, member.address()));
				}
			}
			return Ring.of(members, ring.spread());
		}
		catch (IllegalArgumentException ex) {
			throw ClusterOperations.invalid(ex.getMessage());
		}
	}

	private static void require(boolean condition, String message) {
		if (!condition) {
			throw ClusterOperations.invalid(message);
		}
	}

	/**
	 * Describes the ring as this node knows it, and what it means for the sessions of all
	 * nodes.
	 *
	 * @param self the name of this node
	 * @param agreed whether this node agrees with the ring
	 * @param frozen whether this node does not hear itself through the broker
	 * @param version the version of the ring, or {@code null} if there is none
	 * @param publisher the node that publishes it
	 * @param members its members
	 * @param outside nodes of the cluster that stand outside, and why
	 * @param spreadUsers the number of spread users
	 * @param spread up to 100 spread users
	 * @param anywhere the number of sessions of users who may be on any node
	 * @param anonymous the number of sessions without a user
	 * @param problem why the ring could not be changed, published or agreed on
	 * @param failed the nodes that could not count, with the reasons
	 * @param unanswered the nodes that did not answer in time
	 */
	@JsonInclude(JsonInclude.Include.NON_NULL)
	record RingDescriptor(String self, boolean agreed, boolean frozen, @Nullable VersionDescriptor version,
			@Nullable NodeName publisher, List<MemberDescriptor> members, List<OutsideDescriptor> outside,
			int spreadUsers, List<String> spread, int anywhere, int anonymous, @Nullable String problem,
			Map<UUID, String> failed, Set<UUID> unanswered) {
	}

	/**
	 * Describes the version of a ring.
	 *
	 * @param term its term
	 * @param counter its counter
	 * @param digest its digest
	 */
	record VersionDescriptor(long term, long counter, String digest) {

		static VersionDescriptor of(PublishedRing ring) {
			return new VersionDescriptor(ring.version().term(), ring.version().counter(), ring.version().digest());
		}

	}

	/**
	 * Names a node.
	 *
	 * @param id its id
	 * @param name its name, or a question mark if this node does not know it any more
	 */
	record NodeName(UUID id, String name) {
	}

	/**
	 * Describes a member of the ring.
	 *
	 * @param name its name
	 * @param weight its weight
	 * @param address the address for browsers, or {@code null}
	 * @param share its share of all weights, between 0 and 1
	 * @param users the number of users with a session on any node that belong to it; a
	 * user with sessions on two nodes counts twice
	 * @param sessions the number of their sessions
	 * @param inPlace the number of these that are there
	 */
	record MemberDescriptor(String name, int weight, @Nullable String address, double share, int users, int sessions,
			int inPlace) {
	}

	/**
	 * Describes a node that stands outside the ring.
	 *
	 * @param name its name
	 * @param id its id, or {@code null} if the publisher has only said its name
	 * @param reason why
	 */
	record OutsideDescriptor(String name, @Nullable UUID id, String reason) {
	}

	/**
	 * A page of sessions and where their users belong. Sessions without a user are left
	 * out, so that a page may have fewer than asked for.
	 *
	 * @param version the version of the ring
	 * @param user the user who was asked for, or {@code null} for all
	 * @param owner the node to which that user belongs, or {@code null} if there was none
	 * or any node will do
	 * @param users the users with their sessions, by the sessions' ids
	 * @param next the {@code after} of the next page, or {@code null} if this is the last
	 * @param failed the nodes that could not answer, with the reasons
	 * @param unanswered the nodes that did not answer in time
	 */
	record UserPage(@Nullable VersionDescriptor version, @Nullable String user, @Nullable String owner,
			List<UserDescriptor> users, @Nullable String next, Map<UUID, String> failed, Set<UUID> unanswered) {
	}

	/**
	 * A user's session and where it belongs.
	 *
	 * @param user the name of the user's principal
	 * @param owner the node to which the user belongs, or {@code null} if any will do
	 * @param session the session's id
	 * @param node the name of the node on which it is
	 * @param inPlace whether it is where it belongs
	 */
	record UserDescriptor(String user, @Nullable String owner, String session, String node, boolean inPlace) {
	}

	/**
	 * What a change of the ring would move.
	 *
	 * @param version the version of the present ring
	 * @param members the members after the change
	 * @param users the number of users with sessions, summed over the nodes
	 * @param movingUsers how many of them would move
	 * @param movingSessions how many of their sessions would be asked to move
	 * @param nodes the same for each node
	 * @param failed the nodes that could not count, with the reasons
	 * @param unanswered the nodes that did not answer in time
	 */
	record ChangeDescriptor(VersionDescriptor version, List<MemberWeight> members, int users, int movingUsers,
			int movingSessions, List<NodeMoves> nodes, Map<UUID, String> failed, Set<UUID> unanswered) {
	}

	/**
	 * A member after a change.
	 *
	 * @param name its name
	 * @param weight its weight
	 */
	record MemberWeight(String name, int weight) {
	}

	/**
	 * What a change would move away from a node.
	 *
	 * @param node the node's name
	 * @param users the number of users with a session there
	 * @param sessions the number of their sessions
	 * @param movingUsers how many of the users would move
	 * @param movingSessions how many of the sessions would be asked to move
	 * @param to the moving users by the node that they would move to
	 */
	record NodeMoves(String node, int users, int sessions, int movingUsers, int movingSessions,
			Map<String, Integer> to) {

		static NodeMoves of(String node, RingCount count) {
			Map<String, Integer> to = new TreeMap<>();
			count.byMember().forEach((name, share) -> to.put(name.isEmpty() ? "any" : name, share.users()));
			return new NodeMoves(node, count.users(), count.sessions(),
					count.byMember().values().stream().mapToInt(Share::users).sum(),
					count.byMember().values().stream().mapToInt(Share::sessions).sum(), to);
		}

	}

}
