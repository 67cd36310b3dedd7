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

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;

import io.github.atmosphererelay.cluster.ClusterNode;
import io.github.atmosphererelay.cluster.internal.HeardNode;
import io.github.atmosphererelay.routing.PublishedRing;
import io.github.atmosphererelay.routing.Ring;
import io.github.atmosphererelay.routing.RingMember;
import io.github.atmosphererelay.routing.RingVersion;
import io.github.atmosphererelay.routing.internal.RingCandidates.Candidate;
import io.github.atmosphererelay.routing.internal.RingMessage.BusyUsers;
import io.github.atmosphererelay.routing.internal.RingMessage.Drain;
import io.github.atmosphererelay.routing.internal.RingMessage.Fence;
import io.github.atmosphererelay.routing.internal.RingMessage.Held;
import io.github.atmosphererelay.routing.internal.RingMessage.Hello;
import io.github.atmosphererelay.routing.internal.RingMessage.Publication;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * How nodes agree on a ring. One node that serves clients publishes the ring of the
 * members that it knows, as long as it lives; then the oldest other one does. Every node
 * uses the newest published ring for lookups, and acts on it only if the members that it
 * knows itself make up the same ring.
 * <p>
 * Terms order the rings of different publishers. They only grow: a publisher takes the
 * time or, if a later term is known, the next one. If it does not know of a later term,
 * because its clock is behind and all nodes that knew have stopped, a node that does,
 * such as a gateway, answers its publication with the later ring. So does the copy of the
 * ring, whose term nodes read when they start.
 * <p>
 * A node that has just started, or was cut off or stood still, does not act and publishes
 * nothing until it is up to date: it asks for the ring, and waits for a publication that
 * was sent after its question came back from the broker.
 * <p>
 * Used by one thread. Sends messages through an outlet that does not block.
 */
final class RingAgreement {

	private static final Log logger = LogFactory.getLog(RingAgreement.class);

	/** How long a node that may publish waits for somebody else's publication. */
	static final Duration NOBODY_PUBLISHES = Duration.ofSeconds(2);

	/** How long a fence may take to come back. */
	static final Duration FENCE_TIMEOUT = Duration.ofSeconds(2);

	private static final long ASK_AGAIN_NANOS = Duration.ofSeconds(1).toNanos();

	private static final long REPORT_NANOS = Duration.ofSeconds(60).toNanos();

	private final UUID self;

	private final RingTimes times;

	private final int spreadOver;

	private final LongSupplier clock;

	private final LongSupplier wallClock;

	private final Outlet outlet;

	private final Dampening dampening;

	private final Set<UUID> draining = new HashSet<>();

	private final Map<UUID, Report> reports = new HashMap<>();

	/** Nodes that beat, and did not publish although it was their turn. */
	private final Set<UUID> mute = new HashSet<>();

	private @Nullable UUID watched;

	private long watchedSince;

	private RingCandidates candidates = RingCandidates.NONE;

	private boolean frozen = true;

	private long lastTickAt;

	/** Whether this node is up to date. */
	private boolean fresh;

	/**
	 * Whether this node has published since it was last out of date. If not, it begins a
	 * new term: another node may have published in a later one meanwhile.
	 */
	private boolean continues;

	private long freshSince;

	/** Numbers questions to the publisher. */
	private long number;

	private long helloNumber;

	private long askedAt;

	/** Since when this node hears itself without a break. */
	private long hearsSince;

	private long helloEchoedAt;

	private boolean helloEchoed;

	private long fenceNumber;

	private long fenceAt;

	private long seenTerm;

	private @Nullable Publication accepted;

	private @Nullable PublishedRing ring;

	private long publishedAt;

	private long sentAt;

	/** When a publisher was last told of a later ring. */
	private long outdatedAt;

	/**
	 * Create an agreement.
	 * @param self this node's id
	 * @param times its times
	 * @param spreadOver users with more sessions are spread; 0 if nobody is
	 * @param clock the monotonic clock, in nanoseconds
	 * @param wallClock the time, in milliseconds since 1970
	 * @param outlet sends messages, and is notified of changes
	 */
	RingAgreement(UUID self, RingTimes times, int spreadOver, LongSupplier clock, LongSupplier wallClock,
			Outlet outlet) {
		this.self = self;
		this.times = times;
		this.spreadOver = spreadOver;
		this.clock = clock;
		this.wallClock = wallClock;
		this.outlet = outlet;
		this.dampening = new Dampening(times);
		this.lastTickAt = clock.getAsLong();
		this.outdatedAt = this.lastTickAt - ASK_AGAIN_NANOS;
		beginToAsk();
	}

	private void beginToAsk() {
		this.fresh = false;
		this.continues = false;
		this.watched = null;
		this.helloNumber = ++this.number;
		this.helloEchoed = false;
		this.fenceNumber = 0;
		this.hearsSince = this.clock.getAsLong();
		this.askedAt = this.hearsSince - ASK_AGAIN_NANOS;
	}

	/**
	 * Look at the cluster. Called several times in a second.
	 * @param frozen whether this node does not hear itself
	 * @param nodes the nodes of the cluster, this one among them
	 */
	void tick(boolean frozen, Collection<HeardNode> nodes) {
		long now = this.clock.getAsLong();
		noticePause(now);
		if (frozen) {
			if (!this.frozen) {
				beginToAsk();
			}
			this.frozen = true;
			this.hearsSince = now;
			this.watched = null;
			return;
		}
		this.frozen = false;
		this.draining.retainAll(nodes.stream().map((each) -> each.node().id()).collect(Collectors.toSet()));
		this.candidates = RingCandidates.of(nodes, this.draining, this.times.silent().toNanos());
		this.reports.values().removeIf((report) -> now - report.at() > REPORT_NANOS);
		watchPublisher(now);
		boolean mayPublish = this.self.equals(publisher());
		if (!this.fresh) {
			if (mayPublish && this.helloEchoed && now - this.helloEchoedAt >= NOBODY_PUBLISHES.toNanos()) {
				becomeFresh(now);
			}
			else if (now - this.askedAt >= ASK_AGAIN_NANOS) {
				this.askedAt = now;
				this.outlet.toAll(new Hello(this.helloNumber));
			}
		}
		if (this.fresh && mayPublish) {
			publish(now);
		}
	}

	private void becomeFresh(long now) {
		if (!this.fresh) {
			this.fresh = true;
			this.freshSince = now;
		}
	}

	/**
	 * A node that beats and publishes nothing loses its turn to the next oldest one,
	 * until it publishes again.
	 */
	private void watchPublisher(long now) {
		this.mute.removeIf((
				node) -> this.candidates.byName().values().stream().noneMatch((each) -> each.node().id().equals(node)));
		UUID publisher = publisher();
		if (publisher == null || publisher.equals(this.self) || !publisher.equals(this.watched)) {
			this.watched = publisher;
			this.watchedSince = now;
		}
		else if (now - this.watchedSince > this.times.mute().toNanos()) {
			logger
				.warn("Node " + publisher + " should publish the ring, and does not. The next oldest node takes over");
			this.mute.add(publisher);
			this.watched = null;
		}
	}

	private @Nullable UUID publisher() {
		return this.candidates.publisher((this.accepted != null) ? this.accepted.publisher() : null, this.mute);
	}

	/**
	 * A process that was stopped for a while does not know what it has missed.
	 */
	private void noticePause(long now) {
		if (now - this.lastTickAt > this.times.silent().toNanos()) {
			beginToAsk();
		}
		this.lastTickAt = now;
	}

	private void publish(long now) {
		Publication before = this.accepted;
		boolean takesOver = before == null || !before.publisher().equals(this.self) || !this.continues
				|| before.version().term() < this.seenTerm;
		if (before != null && takesOver) {
			if (now - this.hearsSince < this.times.silent().toNanos()) {
				// Not all nodes have sent a heartbeat since this one can hear them
				return;
			}
			if (!before.publisher().equals(this.self)) {
				this.dampening.takeOver(before.held(), now);
			}
		}
		Set<String> serving = serving(this.candidates);
		Set<String> inRing = (before != null) ? before.members()
			.stream()
			.filter((member) -> member.weight() > 0)
			.map(RingMember::name)
			.collect(Collectors.toSet()) : serving;
		Map<String, Held> held = new HashMap<>(this.dampening
			.held(serving.stream().filter((name) -> !inRing.contains(name)).collect(Collectors.toSet()), now));
		List<String> tooMany = RingRoom.tooMany(members(held.keySet()), inRing);
		tooMany.forEach((name) -> held.put(name, new Held(0, 0)));
		if (!tooMany.isEmpty()) {
			this.outlet.failed("The ring has room for " + Ring.MAX_MEMBERS + " members and a total weight of "
					+ Ring.MAX_TOTAL_WEIGHT + ". These nodes stand outside: " + tooMany
					+ ". Lower 'atmosphere.routing.weight'.");
		}
		List<RingMember> members = members(held.keySet());
		List<String> spread = spread();
		Ring next;
		try {
			next = Ring.of(members, spread);
		}
		catch (IllegalArgumentException ex) {
			this.outlet.failed("The ring was not changed: " + ex.getMessage());
			return;
		}
		inRing.stream().filter((name) -> !serving.contains(name)).forEach((name) -> this.dampening.left(name, now));
		this.continues = true;
		if (before == null || takesOver || !before.version().digest().equals(next.digest())) {
			long term = (before != null && !takesOver) ? before.version().term()
					: Math.max(this.seenTerm + 1, this.wallClock.getAsLong());
			long counter = (before != null && !takesOver) ? before.version().counter() + 1 : 1;
			accept(new Publication(new RingVersion(term, counter, next.digest()), this.self, 0, next.members(), spread,
					held, 0), now);
			send(now);
		}
		else if (!before.members().equals(next.members()) || !before.held().keySet().equals(held.keySet())) {
			accept(new Publication(before.version(), this.self, 0, next.members(), spread, held, 0), now);
			send(now);
		}
		else if (now - this.sentAt >= this.times.republish().toNanos()) {
			accept(new Publication(before.version(), this.self, 0, next.members(), spread, held, 0), now);
			send(now);
		}
	}

	private static Set<String> serving(RingCandidates candidates) {
		return candidates.byName()
			.values()
			.stream()
			.filter((each) -> each.member().weight() > 0)
			.map((each) -> each.member().name())
			.collect(Collectors.toSet());
	}

	private List<RingMember> members(Set<String> held) {
		return this.candidates.byName()
			.values()
			.stream()
			.map(Candidate::member)
			.filter((member) -> !held.contains(member.name()))
			.toList();
	}

	/**
	 * A user stays spread until the user has half as many sessions as it takes to be
	 * spread, by the reports of all nodes.
	 */
	private List<String> spread() {
		List<String> present = (this.accepted != null) ? this.accepted.spread() : List.of();
		if (this.spreadOver == 0) {
			return List.of();
		}
		Map<String, Integer> sessions = new HashMap<>();
		this.reports.values()
			.forEach((report) -> report.sessions().forEach((user, count) -> sessions.merge(user, count, Integer::sum)));
		boolean allReported = this.candidates.byName()
			.values()
			.stream()
			.filter((each) -> each.member().weight() > 0)
			.map((each) -> this.reports.get(each.node().id()))
			.allMatch((report) -> report != null && report.at() - this.freshSince > 0);
		List<String> spread = new ArrayList<>();
		for (String user : present) {
			if (!allReported || sessions.getOrDefault(user, 0) > this.spreadOver / 2) {
				spread.add(user);
			}
		}
		sessions.forEach((user, count) -> {
			if (count > this.spreadOver && !spread.contains(user) && spread.size() < Ring.MAX_SPREAD
					&& Ring.canBeSpread(user)) {
				spread.add(user);
			}
		});
		spread.sort(null);
		return spread;
	}

	private void send(long now) {
		Publication publication = present(now, 0);
		if (publication != null) {
			this.sentAt = now;
			this.outlet.toAll(publication);
		}
	}

	private @Nullable Publication present(long now, long answers) {
		Publication accepted = this.accepted;
		return (accepted != null) ? new Publication(accepted.version(), accepted.publisher(),
				(now - this.publishedAt) / 1_000_000, accepted.members(), accepted.spread(), accepted.held(), answers)
				: null;
	}

	/**
	 * Take over a publication, which is not older than the present one.
	 */
	private void accept(Publication publication, long now) {
		PublishedRing before = this.ring;
		this.seenTerm = Math.max(this.seenTerm, publication.version().term());
		boolean newer = before == null || publication.version().isNewerThan(before.version());
		long publishedAt = now - publication.ageMillis() * 1_000_000;
		boolean sameOwners = before != null && before.version().digest().equals(publication.version().digest());
		if (!sameOwners || publishedAt - this.publishedAt < 0) {
			this.publishedAt = publishedAt;
		}
		this.accepted = publication;
		Ring same = (before != null && sameOwners && publication.members().equals(before.ring().members()))
				? before.ring() : null;
		if (newer || same == null) {
			Ring ring = (same != null) ? same : Ring.of(publication.members(), publication.spread());
			this.ring = new PublishedRing(publication.version(), ring);
			this.outlet.changed(before, this.ring);
		}
	}

	/**
	 * Receive a message of another node.
	 */
	void received(UUID origin, RingMessage message) {
		long now = this.clock.getAsLong();
		if (message instanceof Publication publication) {
			receivePublication(origin, publication, now);
		}
		else if (message instanceof Hello hello) {
			answer(origin, hello.number(), now);
		}
		else if (message instanceof Fence fence) {
			answer(origin, fence.number(), now);
		}
		else if (message instanceof Drain) {
			this.draining.add(origin);
		}
		else if (message instanceof BusyUsers busy && this.reports.size() < Ring.MAX_MEMBERS) {
			this.reports.put(origin, new Report(busy.sessions(), now));
		}
	}

	private void answer(UUID origin, long number, long now) {
		Publication answer = isPublisher() ? present(now, number) : null;
		if (answer != null) {
			this.outlet.to(origin, answer);
		}
	}

	private void receivePublication(UUID origin, Publication publication, long now) {
		Publication accepted = this.accepted;
		int order = (accepted != null) ? publication.version().compareTo(accepted.version()) : 1;
		if (order < 0) {
			answerOutdated(origin, publication, now);
			return;
		}
		if (publication.publisher().equals(this.self) && order == 0) {
			return;
		}
		try {
			Ring ring = Ring.of(publication.members(), publication.spread());
			if (!ring.digest().equals(publication.version().digest())) {
				logger.debug("A published ring has another digest than its members make up, and was ignored");
				return;
			}
		}
		catch (IllegalArgumentException ex) {
			logger.debug("A published ring was ignored", ex);
			return;
		}
		if (origin.equals(publication.publisher())) {
			// Not a ring that another node passes on to one that does not know it
			this.mute.remove(origin);
			if (origin.equals(this.watched)) {
				this.watchedSince = now;
			}
		}
		accept(publication, now);
		if (this.helloEchoed && (publication.answers() == 0 || publication.answers() == this.helloNumber)) {
			becomeFresh(now);
		}
		if (publication.answers() != 0 && order == 0) {
			confirmed(publication.answers(), now);
		}
	}

	/**
	 * A publisher does not know a later ring, which it has to follow with a later term.
	 */
	private void answerOutdated(UUID origin, Publication outdated, long now) {
		Publication later = present(now, 0);
		if (later != null && outdated.answers() == 0 && outdated.publisher().equals(origin)
				&& now - this.outdatedAt >= ASK_AGAIN_NANOS) {
			this.outdatedAt = now;
			this.outlet.to(origin, later);
		}
	}

	/**
	 * Receive a message that this node has sent to all nodes and that has come back.
	 */
	void echoed(RingMessage message) {
		long now = this.clock.getAsLong();
		if (message instanceof Hello hello && hello.number() == this.helloNumber && !this.helloEchoed) {
			this.helloEchoed = true;
			this.helloEchoedAt = now;
		}
		else if (message instanceof Fence fence && isPublisher()) {
			confirmed(fence.number(), now);
		}
	}

	private boolean isPublisher() {
		Publication accepted = this.accepted;
		return this.fresh && this.continues && !this.frozen && accepted != null
				&& accepted.publisher().equals(this.self);
	}

	/**
	 * The publisher has confirmed the present version after the fence was sent.
	 */
	private void confirmed(long number, long now) {
		if (number == this.fenceNumber && now - this.fenceAt < FENCE_TIMEOUT.toNanos()
				&& now - this.lastTickAt < FENCE_TIMEOUT.toNanos()) {
			this.fenceNumber = 0;
			if (isAgreed()) {
				this.outlet.fenced();
			}
		}
	}

	/**
	 * Ask the publisher whether the ring that this node knows is still the newest one. If
	 * so, and if this node still agrees, {@link Outlet#fenced} is called. Without an
	 * answer within two seconds, nothing happens.
	 */
	void fence() {
		this.fenceNumber = ++this.number;
		this.fenceAt = this.clock.getAsLong();
		this.outlet.toAll(new Fence(this.fenceNumber));
	}

	/**
	 * Announce that this node is about to stop. It has weight 0 from now on.
	 */
	void drain() {
		this.draining.add(this.self);
		this.outlet.toAll(new Drain());
	}

	/**
	 * Note how many sessions busy users have on this node.
	 */
	void report(Map<String, Integer> sessions) {
		this.reports.put(this.self, new Report(sessions, this.clock.getAsLong()));
		this.outlet.toAll(new BusyUsers(sessions));
	}

	/**
	 * Note a term that the ring has had, because what keeps a copy of it keeps the later
	 * one. This node publishes in a later one, if it publishes.
	 */
	void seen(long term) {
		this.seenTerm = Math.max(this.seenTerm, term);
	}

	/**
	 * Return whether this node agrees with the published ring: it hears itself, is up to
	 * date, knows its publisher as the one, and the members that it knows make up the
	 * same ring.
	 */
	boolean isAgreed() {
		Publication accepted = this.accepted;
		if (accepted == null || this.frozen || !this.fresh || this.candidates.isOutside(this.self)
				|| !accepted.publisher().equals(publisher())) {
			return false;
		}
		try {
			return Ring.of(members(accepted.held().keySet()), accepted.spread())
				.digest()
				.equals(accepted.version().digest());
		}
		catch (IllegalArgumentException ex) {
			return false;
		}
	}

	@Nullable PublishedRing ring() {
		return this.ring;
	}

	/**
	 * Return since when the ring's digest has been published, by the clock of this node.
	 */
	long publishedAt() {
		return this.publishedAt;
	}

	/**
	 * Return the state for health and operators.
	 */
	RingState state() {
		Publication accepted = this.accepted;
		return new RingState(this.ring, isAgreed(), this.frozen, this.fresh,
				(accepted != null) ? accepted.publisher() : null, (accepted != null) ? held(accepted) : List.of(),
				this.candidates.outside().stream().map(ClusterNode::id).toList(), this.candidates.isOutside(this.self));
	}

	private static List<HeldNode> held(Publication publication) {
		return publication.held()
			.entrySet()
			.stream()
			.map((each) -> new HeldNode(each.getKey(), Duration.ofMillis(each.getValue().remainingMillis()),
					each.getValue().departures()))
			.sorted(Comparator.comparing(HeldNode::name))
			.toList();
	}

	/**
	 * Sends messages, and is notified of changes. Must not block.
	 */
	interface Outlet {

		void toAll(RingMessage message);

		void to(UUID node, RingMessage message);

		void changed(@Nullable PublishedRing before, PublishedRing now);

		/**
		 * The publisher has answered a fence, and this node agrees with its ring.
		 */
		void fenced();

		void failed(String problem);

	}

	/**
	 * How many sessions busy users have on a node.
	 */
	private record Report(Map<String, Integer> sessions, long at) {

	}

}
