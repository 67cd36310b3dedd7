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

package io.github.atmosphererelay.presence.internal;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

import io.github.atmosphererelay.presence.PresenceMember;
import io.github.atmosphererelay.presence.PresencePage;
import org.jspecify.annotations.Nullable;

/**
 * Nodes that talk about presence over a bus that loses, delays, duplicates and reorders,
 * in a time of its own: the same seed gives the same run.
 */
final class PresenceSimulation {

	static final int MAX_MESSAGE = 1_000;

	private static final long MILLI = 1_000_000;

	private static final long DIGEST_INTERVAL = 10_000 * MILLI;

	private static final long MOVE_TIMEOUT = 5_000 * MILLI;

	final Random random;

	final List<Node> nodes = new ArrayList<>();

	private final PriorityQueue<Event> events = new PriorityQueue<>();

	private final Map<String, Long> lastArrivals = new HashMap<>();

	private final int maxMessage;

	/** Not 0, and so large that it overflows: only differences count. */
	private long now = Long.MAX_VALUE - 5_000 * MILLI;

	private long eventCount;

	private long sessionCount;

	double loss;

	double duplicates;

	long maxMessageSeen;

	PresenceSimulation(long seed) {
		this(seed, MAX_MESSAGE);
	}

	PresenceSimulation(long seed, int maxMessage) {
		this.random = new Random(seed);
		this.maxMessage = maxMessage;
	}

	Node start() {
		Node node = new Node();
		for (Node other : this.nodes) {
			meet(node, other);
		}
		this.nodes.add(node);
		node.tick();
		return node;
	}

	private void meet(Node one, Node other) {
		after(random(300), () -> one.joined(other));
		after(random(300), () -> other.joined(one));
	}

	private long random(long millis) {
		return this.random.nextLong(millis * MILLI);
	}

	/**
	 * End a node without a word. The others notice after eight seconds.
	 */
	void kill(Node node) {
		node.alive = false;
		this.nodes.remove(node);
		for (Node other : this.nodes) {
			after(8_000 * MILLI + random(2_000), () -> other.left(node));
		}
	}

	/**
	 * Cut a node off. The others take it for dead if that lasts, and the node itself,
	 * which hears nobody, judges nobody.
	 */
	void cutOff(Node node) {
		node.cutOff = true;
		node.sync.relayUp(false);
		for (Node other : this.nodes) {
			if (other != node) {
				after(8_000 * MILLI, () -> {
					if (node.cutOff) {
						other.left(node);
					}
				});
			}
		}
	}

	void heal() {
		for (Node node : List.copyOf(this.nodes)) {
			if (node.cutOff) {
				node.cutOff = false;
				node.sync.relayUp(true);
				this.nodes.stream().filter((other) -> other != node).forEach((other) -> meet(node, other));
			}
		}
	}

	void run(long millis) {
		long end = this.now + millis * MILLI;
		while (!this.events.isEmpty() && this.events.peek().at - end <= 0) {
			Event event = this.events.remove();
			this.now = event.at;
			event.action.run();
		}
		this.now = end;
	}

	private void after(long nanos, Runnable action) {
		this.events.add(new Event(this.now + nanos, this.eventCount++, action));
	}

	/**
	 * Return who is really in a channel: members with the number of their sessions.
	 */
	Map<String, Integer> truth(String channel) {
		Map<String, Integer> truth = new TreeMap<>();
		for (Node node : this.nodes) {
			for (PresenceEntry entry : node.truth.values()) {
				if (entry.channel().equals(channel)) {
					truth.merge((entry.user() != null) ? entry.user() : entry.session(), 1, Integer::sum);
				}
			}
		}
		return truth;
	}

	private CompletableFuture<?> carry(Node from, Node to, boolean direct, byte[] message) {
		this.maxMessageSeen = Math.max(this.maxMessageSeen, message.length);
		if (from.cutOff || !from.alive) {
			return CompletableFuture.failedFuture(new IllegalStateException("cut off"));
		}
		int copies = (this.random.nextDouble() < this.loss) ? 0 : (this.random.nextDouble() < this.duplicates) ? 2 : 1;
		for (int i = 0; i < copies; i++) {
			// In order for one address, and in no order between two.
			String way = from.id + (direct ? " to " : " to all, ") + to.id;
			long at = this.now + random(60);
			Long last = this.lastArrivals.get(way);
			if (last != null && at - last < 0) {
				at = last;
			}
			this.lastArrivals.put(way, at);
			after(at - this.now, () -> {
				if (to.alive && !to.cutOff) {
					to.sync.received(from.id, ByteBuffer.wrap(message));
				}
			});
		}
		CompletableFuture<Void> sent = new CompletableFuture<>();
		after(random(5), () -> sent.complete(null));
		return sent;
	}

	/**
	 * A node.
	 */
	final class Node implements PresenceSync.Link {

		final UUID id = new UUID(PresenceSimulation.this.random.nextLong(), PresenceSimulation.this.random.nextLong());

		final PresenceStatistics statistics = new PresenceStatistics();

		final PresenceView view = new PresenceView(() -> PresenceSimulation.this.now, 2_000 * MILLI, MOVE_TIMEOUT,
				new PresenceStatistics());

		final PresenceOwner owner = new PresenceOwner(this.id, PresenceSimulation.this.maxMessage);

		final PresenceSync sync = new PresenceSync(this.id, this.owner, this.view, this, (task) -> after(0, task),
				() -> PresenceSimulation.this.now, PresenceSimulation.this.random, DIGEST_INTERVAL, this.statistics);

		final Map<PresenceEntry.Key, PresenceEntry> truth = new LinkedHashMap<>();

		private final Set<UUID> others = new HashSet<>();

		private boolean alive = true;

		private boolean cutOff;

		private void tick() {
			if (this.alive) {
				this.sync.flush();
				this.sync.tick();
				after(100 * MILLI, this::tick);
			}
		}

		private void joined(Node other) {
			if (this.alive && other.alive && this.others.add(other.id)) {
				this.sync.joined(other.id);
			}
		}

		private void left(Node other) {
			if (this.others.remove(other.id)) {
				this.sync.left(other.id);
			}
		}

		PresenceEntry join(String channel, @Nullable String user, Map<String, String> attributes) {
			return put(new PresenceEntry(channel, this.id + "." + PresenceSimulation.this.sessionCount++, user,
					attributes, 0));
		}

		PresenceEntry put(PresenceEntry entry) {
			PresenceEntry before = this.truth.put(entry.key(), entry);
			this.owner.put(entry);
			this.view.change(before, entry);
			return entry;
		}

		void leave(PresenceEntry.Key key) {
			this.truth.remove(key);
			this.view.change(this.owner.remove(key, false), null);
		}

		/**
		 * End a session that was asked to move.
		 */
		void move(PresenceEntry.Key key) {
			this.truth.remove(key);
			PresenceEntry removed = this.owner.remove(key, true);
			if (removed != null) {
				this.view.move(removed);
			}
		}

		Map<String, Integer> picture(String channel) {
			Map<String, Integer> picture = new TreeMap<>();
			String after = null;
			do {
				PresencePage page = this.view.list(channel, after, 7);
				for (PresenceMember member : page.members()) {
					picture.put((member.user() != null) ? member.user() : String.valueOf(member.session()),
							member.sessions());
				}
				after = page.next();
			}
			while (after != null);
			return picture;
		}

		@Override
		public CompletableFuture<?> sendToAll(byte[] message) {
			for (Node other : PresenceSimulation.this.nodes) {
				if (other != this) {
					carry(this, other, false, message);
				}
			}
			return CompletableFuture.completedFuture(null);
		}

		@Override
		public CompletableFuture<?> sendTo(UUID other, byte[] message) {
			for (Node node : PresenceSimulation.this.nodes) {
				if (node.id.equals(other)) {
					return carry(this, node, true, message);
				}
			}
			return CompletableFuture.completedFuture(null);
		}

	}

	/**
	 * Something that happens later.
	 */
	private record Event(long at, long number, Runnable action) implements Comparable<Event> {

		@Override
		public int compareTo(Event other) {
			int order = Long.signum(this.at - other.at);
			return (order != 0) ? order : Long.compare(this.number, other.number);
		}

	}

}
