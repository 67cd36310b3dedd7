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
import java.time.Duration;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;

import io.github.atmosphererelay.cluster.internal.ClusterLink;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.guard.internal.Timers;
import io.github.atmosphererelay.message.WireFormatException;
import io.github.atmosphererelay.relay.internal.RelayMonitor;
import io.github.atmosphererelay.relay.internal.RelayState;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Entries of this node's sessions that all nodes get to know, and those of the other
 * nodes. They are exchanged as presence is: changes are sent as they come, versions and
 * digests show what is missing, and the entries of a node end with the node. The entries
 * have a thread of their own, and a bounded queue. For any thread; only the stop blocks.
 */
public final class SharedEntries {

	private static final Log logger = LogFactory.getLog(SharedEntries.class);

	private static final int MAX_WAITING = 10_000;

	private static final long MAX_WAITING_BYTES = 64L << 20;

	private static final int MESSAGE_BYTES = 48 * 1024;

	private final UUID node;

	private final RelayMonitor monitor;

	private final ClusterLink link;

	private final BiConsumer<@Nullable SharedEntry, @Nullable SharedEntry> changes;

	private final Duration digestInterval;

	private final PresenceStatistics statistics = new PresenceStatistics();

	private final int maxMessageBytes;

	private final PresenceOwner owner;

	private final PresenceThread thread;

	private final Others others = new Others();

	/** Nodes whose messages were dropped because the queue was full. */
	private final Set<UUID> missed = ConcurrentHashMap.newKeySet();

	/** Used by the thread only, as is {@link #up}. */
	private PresenceSync sync;

	private boolean up;

	private volatile int known;

	/**
	 * Create the exchange; {@link #start} starts it.
	 * @param node this node's id
	 * @param monitor knows whether the relay is up
	 * @param timers request the turns of the thread
	 * @param link sends messages to other nodes
	 * @param settings how often changes are sent and compared, and how large messages may
	 * be
	 * @param changes receives the changes of other nodes' entries: the entry before and
	 * after the change, {@code null} if it was added or removed. Called by one thread;
	 * must not block
	 */
	public SharedEntries(UUID node, RelayMonitor monitor, Timers timers, ClusterLink link, PresenceSettings settings,
			BiConsumer<@Nullable SharedEntry, @Nullable SharedEntry> changes) {
		this.node = node;
		this.monitor = monitor;
		this.link = link;
		this.changes = changes;
		this.digestInterval = settings.digestInterval();
		// One byte is left for the subject
		this.maxMessageBytes = Math.min(MESSAGE_BYTES, settings.maxMessageSize() - 1);
		this.owner = new PresenceOwner(node, this.maxMessageBytes);
		this.thread = new PresenceThread(timers.scheduler(), timers.guards().of(Part.PRESENCE),
				settings.flushInterval(), this::turn, MAX_WAITING, MAX_WAITING_BYTES);
		this.sync = newSync();
	}

	private PresenceSync newSync() {
		return new PresenceSync(this.node, this.owner, this::changed, new Link(), this.thread::execute,
				System::nanoTime, new Random(), this.digestInterval.toNanos(), this.statistics);
	}

	private void changed(@Nullable PresenceEntry before, @Nullable PresenceEntry after) {
		this.changes.accept(shared(before), shared(after));
	}

	private static @Nullable SharedEntry shared(@Nullable PresenceEntry entry) {
		return (entry != null) ? new SharedEntry(entry.session(), entry.channel(), entry.user(), entry.attributes())
				: null;
	}

	/**
	 * Return the listener that receives joins, leaves and messages of other nodes.
	 * @return the listener
	 */
	public ClusterLink.Listener clusterListener() {
		return this.others;
	}

	/**
	 * Start. Called before the node joins the cluster.
	 */
	public void start() {
		boolean up = (this.monitor.state() != RelayState.DOWN);
		this.thread.start(() -> {
			this.sync.clear();
			this.sync = newSync();
			this.up = up;
			this.sync.relayUp(up);
		});
	}

	/**
	 * Stop. Called after the node has left the cluster. Blocks for at most 2 seconds.
	 */
	public void stop() {
		this.thread.stop(() -> this.sync.clear());
	}

	/**
	 * Add or replace an entry of this node. Not two threads for one entry at once.
	 * @param entry the entry
	 * @return {@code false} if the entry is too large for a message between nodes, and so
	 * was not added
	 */
	public boolean put(SharedEntry entry) {
		PresenceEntry own = new PresenceEntry(entry.name(), entry.session(), entry.user(), entry.attributes(), 0);
		if (!PresenceCodec.fits(own, this.maxMessageBytes)) {
			this.statistics.countRefused();
			return false;
		}
		this.owner.put(own);
		return true;
	}

	/**
	 * Remove an entry of this node. Not two threads for one entry at once.
	 * @param session the session's id
	 * @param name the name of the entry within the session
	 */
	public void remove(String session, String name) {
		this.owner.remove(new PresenceEntry.Key(name, session), false);
	}

	/**
	 * Return the number of entries of other nodes that this node holds.
	 * @return the number of entries
	 */
	public int known() {
		return this.known;
	}

	/**
	 * Return the number of this node's entries.
	 * @return the number of entries
	 */
	public int own() {
		return this.owner.size();
	}

	private void turn() {
		boolean up = (this.monitor.state() != RelayState.DOWN);
		if (up != this.up) {
			this.up = up;
			this.sync.relayUp(up);
		}
		for (UUID other : this.missed) {
			this.missed.remove(other);
			this.sync.missed(other);
		}
		this.sync.flush();
		this.sync.tick();
		this.known = this.sync.known();
	}

	private void receive(UUID origin, ByteBuffer in) {
		try {
			this.sync.received(origin, in);
		}
		catch (WireFormatException ex) {
			this.statistics.countDropped();
			logger.debug("Entries of node " + origin + " could not be decoded and were ignored", ex);
		}
	}

	/**
	 * Receives joins, leaves and messages of other nodes.
	 */
	private final class Others implements ClusterLink.Listener {

		@Override
		public void joined(UUID other) {
			SharedEntries.this.thread.execute(() -> SharedEntries.this.sync.joined(other));
		}

		@Override
		public void left(UUID other) {
			SharedEntries.this.thread.execute(() -> SharedEntries.this.sync.left(other));
		}

		@Override
		public void received(UUID origin, ByteBuffer body) {
			SharedEntries entries = SharedEntries.this;
			if (!entries.thread.offer(body.remaining(), () -> entries.receive(origin, body))) {
				entries.statistics.countDropped();
				entries.missed.add(origin);
			}
		}

		@Override
		public void relayStateChanged(RelayState state) {
			SharedEntries entries = SharedEntries.this;
			if (state == RelayState.UP || state == RelayState.DOWN) {
				entries.thread.execute(() -> {
					entries.up = (state == RelayState.UP);
					entries.sync.relayUp(entries.up);
				});
			}
		}

	}

	/**
	 * Sends messages to other nodes.
	 */
	private final class Link implements PresenceSync.Link {

		@Override
		public CompletableFuture<?> sendToAll(byte[] message) {
			try {
				return SharedEntries.this.link.sendToAll(message);
			}
			catch (RuntimeException ex) {
				return CompletableFuture.failedFuture(ex);
			}
		}

		@Override
		public CompletableFuture<?> sendToAllWithoutHurry(byte[] message) {
			try {
				return SharedEntries.this.link.sendToAllWithoutHurry(message);
			}
			catch (RuntimeException ex) {
				return CompletableFuture.failedFuture(ex);
			}
		}

		@Override
		public CompletableFuture<?> sendTo(UUID other, byte[] message) {
			try {
				return SharedEntries.this.link.sendTo(other, message);
			}
			catch (RuntimeException ex) {
				return CompletableFuture.failedFuture(ex);
			}
		}

	}

}
