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
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;

import io.github.atmosphererelay.cluster.ClusterNode;
import io.github.atmosphererelay.cluster.NodeLoad;
import io.github.atmosphererelay.cluster.NodeRouting;
import io.github.atmosphererelay.cluster.internal.HeardNode;
import io.github.atmosphererelay.routing.PublishedRing;
import io.github.atmosphererelay.routing.Ring;
import org.jspecify.annotations.Nullable;

/**
 * A cluster of nodes that agree on a ring, in virtual time: a broker that keeps messages
 * in order, heartbeats, and faults. Membership follows the rules of the real one: a node
 * is removed when it was silent for 8 s by somebody who hears itself, and a node that
 * does not hear itself for 4 s is frozen.
 */
final class SimulatedCluster {

	static final long TICK = Duration.ofMillis(250).toNanos();

	private static final long HEARTBEAT = Duration.ofSeconds(2).toNanos();

	private static final long TIMEOUT = Duration.ofSeconds(8).toNanos();

	private static final RingTimes TIMES = RingTimes.of(Duration.ofSeconds(2), Duration.ofSeconds(2));

	private final Random random;

	private final List<Node> nodes = new ArrayList<>();

	/** What the broker has published, in order. */
	private final List<PublishedRing> published = new ArrayList<>();

	private long now = Duration.ofHours(1).toNanos();

	SimulatedCluster(long seed) {
		this.random = new Random(seed);
	}

	Node start(String name) {
		return start(name, Instant.ofEpochMilli(this.now / 1_000_000 + this.nodes.size()), 0);
	}

	/**
	 * Start a node.
	 * @param startedAt what it says of its start
	 * @param spreadOver users with more sessions are spread
	 */
	Node start(String name, Instant startedAt, int spreadOver) {
		Node node = new Node(name, startedAt, spreadOver);
		this.nodes.add(node);
		return node;
	}

	List<Node> running() {
		return this.nodes.stream().filter((node) -> node.running).toList();
	}

	void run(Duration time) {
		long end = this.now + time.toNanos();
		while (this.now < end) {
			this.now += TICK;
			for (Node node : List.copyOf(this.nodes)) {
				node.turn();
			}
		}
	}

	/**
	 * Start a node whose clock is wrong.
	 * @param ahead how far it is ahead; negative if it is behind
	 */
	Node start(String name, Duration ahead) {
		Node node = start(name, Instant.ofEpochMilli(this.now / 1_000_000 + this.nodes.size()).plus(ahead), 0);
		node.ahead = ahead;
		return node;
	}

	/**
	 * Publish what a node sends. All others that are connected receive it later, in
	 * order.
	 */
	private void publish(Node from, @Nullable UUID to, byte[] body) {
		if (!from.connected) {
			return;
		}
		if (RingMessageCodec.decode(ByteBuffer.wrap(body)) instanceof RingMessage.Publication publication) {
			this.published
				.add(new PublishedRing(publication.version(), Ring.of(publication.members(), publication.spread())));
		}
		for (Node node : this.nodes) {
			if (node.running && node.connected && (to == null || to.equals(node.id))) {
				node.inbox.add(new Sent(from, body));
			}
		}
	}

	/**
	 * Forget what the broker has carried, when nobody is left who has received it.
	 */
	void forgetPublications() {
		this.published.clear();
	}

	/** The newest version that the broker has carried. */
	PublishedRing newest() {
		return this.published.stream().max((a, b) -> a.version().compareTo(b.version())).orElseThrow();
	}

	record Sent(Node from, byte[] body) {
	}

	/**
	 * A node.
	 */
	final class Node implements RingAgreement.Outlet {

		final UUID id = UUID.nameUUIDFromBytes(new byte[] { (byte) SimulatedCluster.this.nodes.size(), 7 });

		final String name;

		final Instant startedAt;

		final RingAgreement agreement;

		final Queue<Sent> inbox = new ArrayDeque<>();

		final Map<Node, Long> heardAt = new HashMap<>();

		/** The versions on which this node has acted. */
		final List<PublishedRing> acted = new ArrayList<>();

		final List<Instant> changes = new ArrayList<>();

		final Set<String> problems = new HashSet<>();

		/** Whether its routing stands still, while its heartbeats go on. */
		boolean mute;

		boolean running = true;

		boolean connected = true;

		boolean stopped;

		int weight = 1;

		private Duration ahead = Duration.ZERO;

		Consumer<Node> onAct = (node) -> {
		};

		/** How many publications the broker had carried when the last fence was sent. */
		private int beforeFence;

		private long nextHeartbeatAt;

		private long provenAt = SimulatedCluster.this.now;

		private boolean wasFrozen;

		private @Nullable PublishedRing plan;

		private Node(String name, Instant startedAt, int spreadOver) {
			this.name = name;
			this.startedAt = startedAt;
			this.agreement = new RingAgreement(this.id, TIMES, spreadOver, () -> SimulatedCluster.this.now,
					() -> SimulatedCluster.this.now / 1_000_000 + this.ahead.toMillis(), this);
		}

		void kill() {
			this.running = false;
			this.inbox.clear();
		}

		/** What SIGSTOP does: nothing runs, and messages wait at the broker. */
		void freeze() {
			this.stopped = true;
		}

		void thaw() {
			this.stopped = false;
		}

		/**
		 * As a node does it: the message in a hurry, and the weight in its heartbeats.
		 */
		void drain() {
			this.weight = 0;
			this.agreement.drain();
		}

		void cut() {
			this.connected = false;
			this.inbox.clear();
		}

		void reconnect() {
			this.connected = true;
		}

		/** Whether no other ring was newer when the last fence was sent. */
		boolean wasNewestAtTheFence(PublishedRing ring) {
			return SimulatedCluster.this.published.subList(0, this.beforeFence)
				.stream()
				.noneMatch((each) -> each.version().isNewerThan(ring.version())
						&& !each.version().digest().equals(ring.version().digest()));
		}

		private ClusterNode describe() {
			return new ClusterNode(this.id, this.name, null, this.startedAt, "1", new NodeLoad(0, 0, 0, 0),
					new NodeRouting(this.weight, null));
		}

		private void turn() {
			if (!this.running || this.stopped) {
				return;
			}
			long now = SimulatedCluster.this.now;
			// The receive thread and the ticks race after a pause
			boolean tickFirst = SimulatedCluster.this.random.nextBoolean();
			if (tickFirst) {
				tick(now);
			}
			int count = this.inbox.size();
			for (int i = 0; i < count; i++) {
				receive(this.inbox.remove(), now);
			}
			if (!tickFirst) {
				tick(now);
			}
		}

		private void receive(Sent sent, long now) {
			if (sent.body().length == 0) {
				if (sent.from() == this) {
					this.provenAt = now;
				}
				else {
					this.heardAt.put(sent.from(), now);
				}
				return;
			}
			RingMessage message = RingMessageCodec.decode(ByteBuffer.wrap(sent.body()));
			if (message == null || this.mute) {
				return;
			}
			if (sent.from() == this) {
				this.agreement.echoed(message);
			}
			else {
				this.agreement.received(sent.from().id, message);
			}
		}

		private void tick(long now) {
			if (now >= this.nextHeartbeatAt) {
				this.nextHeartbeatAt = now + HEARTBEAT;
				for (Node node : SimulatedCluster.this.nodes) {
					if (this.connected && node.running && node.connected) {
						node.inbox.add(new Sent(this, new byte[0]));
					}
				}
			}
			boolean frozen = now - this.provenAt > TIMEOUT / 2;
			if (frozen) {
				this.wasFrozen = true;
			}
			else if (this.wasFrozen) {
				this.wasFrozen = false;
				this.heardAt.replaceAll((node, at) -> now);
			}
			else {
				this.heardAt.values().removeIf((at) -> now - at > TIMEOUT);
			}
			if (this.mute) {
				return;
			}
			List<HeardNode> view = new ArrayList<>();
			view.add(new HeardNode(describe(), 0));
			this.heardAt.forEach((node, at) -> view.add(new HeardNode(node.describe(), now - at)));
			this.agreement.tick(frozen, view);
			if (this.plan != null && this.agreement.isAgreed()) {
				this.agreement.fence();
			}
		}

		@Override
		public void toAll(RingMessage message) {
			if (message instanceof RingMessage.Fence) {
				this.beforeFence = SimulatedCluster.this.published.size();
			}
			publish(this, null, RingMessageCodec.encode(message));
		}

		@Override
		public void to(UUID node, RingMessage message) {
			publish(this, node, RingMessageCodec.encode(message));
		}

		@Override
		public void changed(@Nullable PublishedRing before, PublishedRing now) {
			this.changes.add(Instant.ofEpochMilli(SimulatedCluster.this.now / 1_000_000));
			if (before != null && !before.version().digest().equals(now.version().digest())) {
				this.plan = now;
			}
		}

		@Override
		public void fenced() {
			if (this.plan != null) {
				this.acted.add(this.agreement.ring());
				this.plan = null;
				this.onAct.accept(this);
			}
		}

		@Override
		public void failed(String problem) {
			this.problems.add(problem);
		}

	}

}
