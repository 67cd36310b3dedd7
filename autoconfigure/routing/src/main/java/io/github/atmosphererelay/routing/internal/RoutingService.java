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

import java.nio.ByteBuffer;
import java.security.Principal;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Function;

import io.github.atmosphererelay.cluster.NodeRouting;
import io.github.atmosphererelay.cluster.internal.ClusterLink;
import io.github.atmosphererelay.cluster.internal.DefaultCluster;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.guard.internal.Threads;
import io.github.atmosphererelay.guard.internal.Timers;
import io.github.atmosphererelay.routing.ChannelPlaces;
import io.github.atmosphererelay.routing.Placement;
import io.github.atmosphererelay.routing.PublishedRing;
import io.github.atmosphererelay.routing.Ring;
import io.github.atmosphererelay.routing.RingChanged;
import io.github.atmosphererelay.routing.RingMember;
import io.github.atmosphererelay.routing.Route;
import io.github.atmosphererelay.routing.Routes;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.session.internal.NodeIdentity;
import io.github.atmosphererelay.session.internal.SessionRegistry;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Routing on this node: agrees with the other nodes on a ring, answers lookups, and moves
 * sessions. All of it runs on a thread of its own, whose queue is bounded; lookups read
 * the latest ring on the caller's thread.
 */
public final class RoutingService implements Routes, ClusterLink.RoutingReceiver {

	private static final Log logger = LogFactory.getLog(RoutingService.class);

	private static final Duration TICK = Duration.ofMillis(250);

	private static final long COUNT_NANOS = Duration.ofSeconds(10).toNanos();

	private static final int MAX_WAITING = 10_000;

	/** How long a count of the owners is good for all who ask. */
	private static final Duration COUNT_KEPT = Duration.ofSeconds(2);

	/** Longer than anybody waits for a count. */
	private static final Duration COUNT_GIVEN_UP = Duration.ofSeconds(10);

	private static final int MAX_PLACEMENTS = 4;

	private static final long TICKETS_NANOS = Duration.ofSeconds(1).toNanos();

	/** How long this node may disagree before that is a problem. */
	private static final Duration DISAGREES = Duration.ofSeconds(30);

	private final NodeIdentity identity;

	private final DefaultCluster cluster;

	private final ClusterLink link;

	private final SessionRegistry registry;

	private final Timers timers;

	private final RoutingSettings settings;

	private final Placement placement;

	private final ChannelPlaces channelPlaces;

	private final UserPlaces places;

	private final Consumer<Object> events;

	private final RingTimes times;

	private final RoutingStatistics statistics = new RoutingStatistics();

	private final AtomicBoolean tickWaits = new AtomicBoolean();

	private final ChannelMover channelMover;

	private final SessionMover mover;

	private final TicketDesk tickets;

	private final Object ownersLock = new Object();

	private @Nullable CountOfOwners owners;

	private volatile @Nullable RingCopy copy;

	private RingAgreement agreement;

	private volatile boolean draining;

	private volatile @Nullable PublishedRing ring;

	private volatile RingState state = RingState.NONE;

	private volatile @Nullable String problem;

	private volatile @Nullable String sendProblem;

	/** What the present tick has found. Used by the routing thread. */
	private @Nullable String foundProblem;

	private volatile long agreedAt = System.nanoTime();

	private volatile @Nullable ThreadPoolExecutor executor;

	/** Asks the application's placement, which may take any time. */
	private volatile @Nullable ThreadPoolExecutor placements;

	private @Nullable ScheduledFuture<?> ticks;

	private volatile long countedAt;

	private long ticketsAt;

	/**
	 * Create the routing of a node. It runs after {@link #start()}.
	 * @param identity the node
	 * @param cluster the cluster
	 * @param link carries messages between the routing of nodes
	 * @param registry the node's sessions
	 * @param timers runs the ticks
	 * @param settings how the node takes part
	 * @param times times of the agreement
	 * @param placement decides who belongs where
	 * @param channelPlaces knows which node serves a channel at present
	 * @param events receives the events for the application; must not block
	 */
	public RoutingService(NodeIdentity identity, DefaultCluster cluster, ClusterLink link, SessionRegistry registry,
			Timers timers, RoutingSettings settings, RingTimes times, Placement placement, ChannelPlaces channelPlaces,
			Consumer<Object> events) {
		this.identity = identity;
		this.cluster = cluster;
		this.link = link;
		this.registry = registry;
		this.timers = timers;
		this.settings = settings;
		this.times = times;
		this.placement = placement;
		this.channelPlaces = channelPlaces;
		this.events = events;
		this.places = new UserPlaces(identity.name(), placement);
		this.channelMover = new ChannelMover(registry, settings, identity.name(), channelPlaces, this::place,
				this.statistics, new Random());
		this.mover = new SessionMover(registry, settings, this.places, this.channelMover::isInPlace, this::place,
				this::execute, this.statistics, new Random());
		this.tickets = new TicketDesk(identity, cluster, registry, this.statistics);
		this.agreement = newAgreement();
	}

	private RingAgreement newAgreement() {
		return new RingAgreement(this.identity.id(), this.times, this.settings.spreadOver(), System::nanoTime,
				System::currentTimeMillis, new Outlet());
	}

	/**
	 * Save the ring in a store whenever this node publishes it. Called before
	 * {@link #start()}.
	 * @param store keeps the ring for programs that are no members of the cluster
	 */
	public void copyTo(RingStore store) {
		this.copy = new RingCopy(this::publishedHere, store, this.timers, this.statistics,
				(term) -> execute(() -> this.agreement.seen(term)));
	}

	/**
	 * Start. Called after the node has joined the cluster.
	 */
	public synchronized void start() {
		if (this.executor != null) {
			return;
		}
		this.draining = false;
		this.tickWaits.set(false);
		this.agreement = newAgreement();
		this.agreedAt = System.nanoTime();
		this.placements = Threads.single("routing-placement", new LinkedBlockingQueue<>(MAX_PLACEMENTS));
		this.executor = Threads.single("routing", new LinkedBlockingQueue<>(MAX_WAITING));
		this.ticks = this.timers.repeat(Part.ROUTING, this::requestTick, TICK, TICK);
		RingCopy copy = this.copy;
		if (copy != null) {
			copy.start();
		}
	}

	/**
	 * Announce that this node is about to stop: it has weight 0 from now on, and its
	 * users find other nodes. Blocks for at most a second, until the ring without this
	 * node has come.
	 */
	public void drain() {
		if (this.draining || this.executor == null) {
			return;
		}
		this.draining = true;
		execute(() -> this.agreement.drain());
		long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(1);
		while (owns() && System.nanoTime() - until < 0 && !Thread.currentThread().isInterrupted()) {
			LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
		}
	}

	private boolean owns() {
		PublishedRing ring = this.ring;
		RingMember member = (ring != null) ? ring.ring().member(self()) : null;
		return member != null && member.weight() > 0 && this.cluster.nodes().size() > 1;
	}

	/**
	 * Stop. Called before the node leaves the cluster. Can be started again.
	 */
	public synchronized void stop() {
		ThreadPoolExecutor executor = this.executor;
		if (executor == null) {
			return;
		}
		this.executor = null;
		if (this.ticks != null) {
			this.ticks.cancel(false);
		}
		executor.shutdownNow();
		RingCopy copy = this.copy;
		if (copy != null) {
			copy.stop();
		}
		ThreadPoolExecutor placements = this.placements;
		if (placements != null) {
			placements.shutdownNow();
		}
	}

	@Override
	public NodeRouting describe() {
		return new NodeRouting(this.draining ? 0 : this.settings.weight(), this.settings.address());
	}

	/**
	 * Runs on the scheduler.
	 */
	private void requestTick() {
		if (this.tickWaits.compareAndSet(false, true) && !execute(this::tick)) {
			this.tickWaits.set(false);
		}
	}

	private boolean execute(Runnable task) {
		if (execute(this.executor, task)) {
			return true;
		}
		this.statistics.countDropped();
		return false;
	}

	private boolean place(Runnable task) {
		if (execute(this.placements, task)) {
			return true;
		}
		this.statistics.countPlacementFailure();
		return false;
	}

	private boolean execute(@Nullable ThreadPoolExecutor executor, Runnable task) {
		if (executor == null) {
			return false;
		}
		try {
			executor.execute(this.timers.guards().of(Part.ROUTING).guarded(task));
			return true;
		}
		catch (RejectedExecutionException ex) {
			return false;
		}
	}

	private void tick() {
		this.tickWaits.set(false);
		long now = System.nanoTime();
		this.foundProblem = null;
		this.agreement.tick(this.cluster.isFrozen(), this.cluster.heardNodes());
		if (this.mover.isDue(now) && this.agreement.isAgreed()) {
			this.mover.asked(now);
			this.agreement.fence();
		}
		this.channelMover.tick(this.agreement.isAgreed() ? this.ring : null, now);
		this.state = this.agreement.state();
		if (this.state.agreed()) {
			this.agreedAt = now;
		}
		this.problem = this.foundProblem;
		if (now - this.ticketsAt >= TICKETS_NANOS) {
			this.ticketsAt = now;
			this.tickets.tick();
		}
		if (now - this.countedAt >= COUNT_NANOS) {
			this.countedAt = now;
			report();
			place(this::count);
		}
	}

	/**
	 * Runs on the placement's thread.
	 */
	private void count() {
		PublishedRing ring = this.ring;
		int inPlace = 0;
		int misplaced = 0;
		for (LocalSession session : this.registry.sessions()) {
			Principal principal = session.principal();
			if (principal == null) {
				continue;
			}
			if (ring != null && (isInPlace(principal.getName(), ring) || this.channelMover.isInPlace(session))) {
				inPlace++;
			}
			else {
				misplaced++;
			}
		}
		this.statistics.placed(inPlace, misplaced);
	}

	private boolean isInPlace(String user, PublishedRing ring) {
		try {
			return this.places.isInPlace(user, ring);
		}
		catch (RuntimeException ex) {
			this.statistics.countPlacementFailure();
			return false;
		}
	}

	/**
	 * Tell the publisher of users who have many sessions here, or are spread.
	 */
	private void report() {
		if (this.settings.spreadOver() == 0) {
			return;
		}
		PublishedRing ring = this.ring;
		Map<String, Integer> sessions = new HashMap<>();
		for (LocalSession session : this.registry.sessions()) {
			Principal principal = session.principal();
			if (principal != null) {
				sessions.merge(principal.getName(), 1, Integer::sum);
			}
		}
		int share = Math.max(1, this.settings.spreadOver() / Math.max(1, this.cluster.nodes().size()));
		Map<String, Integer> busy = new HashMap<>();
		sessions.forEach((user, count) -> {
			boolean spread = ring != null && ring.ring().isSpread(user);
			if ((spread || count > share) && Ring.canBeSpread(user) && user.length() < 256
					&& busy.size() < Ring.MAX_SPREAD) {
				busy.put(user, count);
			}
		});
		this.agreement.report(busy);
	}

	@Override
	public @Nullable PublishedRing ring() {
		return this.ring;
	}

	@Override
	public @Nullable Route find(String user) {
		PublishedRing ring = this.ring;
		if (ring == null) {
			return null;
		}
		if (ring.ring().isSpread(user)) {
			return route(ring, ring.ring().owner(user, UUID.randomUUID().toString()));
		}
		return route(ring, this.placement.ofUser(user, ring.ring()));
	}

	@Override
	public @Nullable Route findByChannel(String channel) {
		PublishedRing ring = this.ring;
		if (ring == null) {
			return null;
		}
		RingMember present = this.channelPlaces.find(channel, ring.ring());
		return route(ring, (present != null) ? present : this.placement.ofChannel(channel, ring.ring()));
	}

	private static @Nullable Route route(PublishedRing ring, @Nullable RingMember member) {
		return (member != null) ? new Route(member.name(), member.address(), ring.version()) : null;
	}

	/**
	 * Count to which members the sessions of this node belong. Takes a moment, on the
	 * thread that asks the application's placement: those who ask while others wait get
	 * the same counts, and so do those who ask within two seconds.
	 * @return completes with the counts; fails if there is no ring, or that thread is
	 * busy
	 */
	public CompletableFuture<RingCount> owners() {
		PublishedRing ring = this.ring;
		synchronized (this.ownersLock) {
			CountOfOwners last = this.owners;
			if (last == null || last.ring() != ring || last.isOver(System.nanoTime())) {
				last = new CountOfOwners(ring, System.nanoTime(), count((present) -> RingCount
					.owners(this.registry.sessions(), present, this.places, this.statistics::countPlacementFailure)));
				this.owners = last;
			}
			return last.result().copy();
		}
	}

	/**
	 * Count whose sessions a change of the ring would move from this node, without moving
	 * anybody.
	 * @param after the ring after the change
	 * @return completes with the counts; fails if there is no ring, or the thread that
	 * counts is busy
	 */
	public CompletableFuture<RingCount> moves(Ring after) {
		return count((ring) -> RingCount.moves(this.registry.sessions(), ring, new PublishedRing(ring.version(), after),
				this.places, this.statistics::countPlacementFailure));
	}

	private CompletableFuture<RingCount> count(Function<PublishedRing, RingCount> counting) {
		PublishedRing ring = this.ring;
		if (ring == null) {
			return CompletableFuture.failedFuture(new IllegalStateException("There is no ring yet"));
		}
		CompletableFuture<RingCount> result = new CompletableFuture<>();
		long asked = System.nanoTime();
		boolean accepted = execute(this.placements, () -> {
			if (System.nanoTime() - asked > COUNT_GIVEN_UP.toNanos()) {
				// Nobody waits for this one any longer, and others wait behind it
				result.completeExceptionally(new IllegalStateException("This node was busy with other counts"));
				return;
			}
			try {
				result.complete(counting.apply(ring));
			}
			catch (Throwable ex) {
				result.completeExceptionally(ex);
			}
		});
		return accepted ? result : CompletableFuture
			.failedFuture(new IllegalStateException("This node is busy with other counts, or is stopping"));
	}

	@Override
	public String self() {
		return this.identity.name();
	}

	@Override
	public boolean isAgreed() {
		return this.state.agreed();
	}

	/**
	 * Return what this node knows of the ring.
	 * @return the state at the last tick
	 */
	public RingState state() {
		return this.state;
	}

	/**
	 * Return the ring if this node is the one that publishes it, and has not missed a
	 * later one.
	 */
	private @Nullable PublishedRing publishedHere() {
		RingState state = this.state;
		return (!state.frozen() && state.upToDate() && this.identity.id().equals(state.publisher())) ? state.ring()
				: null;
	}

	/**
	 * Return whether this node may still ask sessions to move for the latest change.
	 * @return whether a plan of moves has not ended
	 */
	public boolean isMoving() {
		return this.mover.isMoving() || this.channelMover.isMoving();
	}

	/**
	 * Return why the ring could not be changed, published, copied or agreed on.
	 * @return the problem, or {@code null} if there is none
	 */
	public @Nullable String problem() {
		String problem = (this.problem != null) ? this.problem : this.sendProblem;
		if (problem == null && System.nanoTime() - this.agreedAt > DISAGREES.plus(this.times.settle()).toNanos()) {
			return "This node has not agreed with the published ring for " + DISAGREES.toSeconds()
					+ " s. Do all nodes hear each other, and does the node that publishes the ring run?";
		}
		RingCopy copy = this.copy;
		return (problem == null && copy != null) ? copy.problem() : problem;
	}

	/**
	 * Return the counters.
	 * @return the counters
	 */
	public RoutingStatistics statistics() {
		return this.statistics;
	}

	@Override
	public void received(UUID origin, ByteBuffer body) {
		RingMessage message = RingMessageCodec.decode(body);
		if (message != null) {
			execute(() -> this.agreement.received(origin, message));
		}
	}

	@Override
	public void echoed(ByteBuffer body) {
		RingMessage message = RingMessageCodec.decode(body);
		if (message instanceof RingMessage.Hello || message instanceof RingMessage.Fence) {
			execute(() -> this.agreement.echoed(message));
		}
	}

	@Override
	public byte[] answer(UUID asker, byte[] body) {
		return this.tickets.answer(asker, body);
	}

	/**
	 * Return what issues and redeems tickets.
	 * @return the desk
	 */
	public TicketDesk tickets() {
		return this.tickets;
	}

	/**
	 * Sends the agreement's messages, and acts on what it reports. Called by the routing
	 * thread.
	 */
	private final class Outlet implements RingAgreement.Outlet {

		@Override
		public void toAll(RingMessage message) {
			boolean ring = message instanceof RingMessage.Publication;
			RoutingService.this.link.sendToAll(RingMessageCodec.encode(message)).whenComplete((receipt, failure) -> {
				sent(receipt, failure);
				if (ring) {
					RoutingService.this.sendProblem = (failure != null)
							? "The ring could not be published: " + failure.getMessage() : null;
				}
			});
		}

		@Override
		public void to(UUID node, RingMessage message) {
			RoutingService.this.link.sendTo(node, RingMessageCodec.encode(message)).whenComplete(this::sent);
		}

		private void sent(@Nullable Object receipt, @Nullable Throwable failure) {
			if (failure != null) {
				logger.debug("A routing message was not sent; it is sent again with the next one", failure);
			}
		}

		@Override
		public void changed(@Nullable PublishedRing before, PublishedRing now) {
			RoutingService service = RoutingService.this;
			now.ring().prepare();
			service.ring = now;
			RingChanged change = new RingChanged(before, now);
			if (change.movesUsers()) {
				logger.info("Ring " + now.version() + " of "
						+ now.ring().members().stream().map(RingMember::name).toList());
				service.mover.plan(before, now, service.agreement.publishedAt(), System.nanoTime());
				service.countedAt = System.nanoTime() - COUNT_NANOS;
			}
			service.events.accept(change);
		}

		@Override
		public void fenced() {
			RoutingService service = RoutingService.this;
			service.mover.moveSlice(service.ring, System.nanoTime());
		}

		@Override
		public void failed(String problem) {
			RoutingService.this.foundProblem = problem;
		}

	}

	/**
	 * A count of the owners, which may be under way.
	 *
	 * @param ring the ring
	 * @param at when it was asked for, in {@link System#nanoTime()}
	 * @param result completes with the counts
	 */
	private record CountOfOwners(@Nullable PublishedRing ring, long at, CompletableFuture<RingCount> result) {

		boolean isOver(long now) {
			return this.result.isDone()
					&& (this.result.isCompletedExceptionally() || now - this.at > COUNT_KEPT.toNanos());
		}

	}

}
