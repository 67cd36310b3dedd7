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

package io.github.atmosphererelay.outbox.internal;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

import io.github.atmosphererelay.cluster.internal.ClusterLink;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.guard.internal.Timers;
import io.github.atmosphererelay.jdbc.internal.Database;
import io.github.atmosphererelay.jdbc.internal.ShardedLog;
import io.github.atmosphererelay.jdbc.internal.UnsupportedDatabaseException;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.internal.RelayMonitor;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.dao.DataAccessException;
import org.springframework.transaction.TransactionException;

/**
 * The outbox of this node: forwards what committed transactions have left in the tables,
 * tells the node that holds a shard when this node has committed something there, and
 * lets operators decide about messages that could not be forwarded.
 */
public final class Outbox {

	/**
	 * The maximum number of messages that are listed at once.
	 */
	public static final int MAX_LISTED = 1000;

	private static final Log logger = LogFactory.getLog(Outbox.class);

	/** For how long commits are collected before another node is told of them. */
	private static final Duration DEBOUNCE = Duration.ofMillis(2);

	private final OutboxLog log;

	private final Database database;

	private final EnvelopeCodec codec;

	private final SetAsideTable setAside;

	private final Forwarder forwarder;

	private final ClusterLink link;

	private final Timers timers;

	private final Duration maxAge;

	private final OutboxStatistics statistics = new OutboxStatistics();

	/** The shards of which other nodes are to be told, one bit for each. */
	private final AtomicInteger unsaid = new AtomicInteger();

	/**
	 * Create an outbox.
	 * @param log the messages
	 * @param codec reads them
	 * @param settings the settings
	 * @param sender sends them to the relay
	 * @param logs reads what was sent to recorded channels
	 * @param monitor knows whether the relay is up
	 * @param link the way to the outboxes of other nodes
	 * @param timers run short tasks
	 * @param events receives application events; does not block
	 */
	public Outbox(OutboxLog log, EnvelopeCodec codec, OutboxSettings settings, MessageSender sender, LogReader logs,
			RelayMonitor monitor, ClusterLink link, Timers timers, Consumer<Object> events) {
		this.log = log;
		this.database = log.database();
		this.codec = codec;
		this.link = link;
		this.maxAge = settings.maxPoll().multipliedBy(3);
		this.timers = timers;
		this.setAside = new SetAsideTable(log.name());
		this.forwarder = new Forwarder(log, codec, settings, this.setAside, sender, logs, monitor::isUp,
				this.statistics, events, timers.guards().of(Part.OUTBOX), timers.guards().of(Part.LEASES));
		log.listener(this::committed);
	}

	/**
	 * Begin to forward. Connects to the database once; if that fails, it is tried again
	 * in the background.
	 * @param node this node's id
	 * @throws UnsupportedDatabaseException if the database is another one than those that
	 * the outbox knows
	 */
	public void start(UUID node) {
		try {
			this.log.log();
		}
		catch (DataAccessException | TransactionException ex) {
			logger.warn("The tables of the outbox cannot be reached yet: " + ex.getMessage());
		}
		this.forwarder.start(node);
	}

	/**
	 * End forwarding. Blocks for some seconds at most, unless the database stalls. It can
	 * be started again.
	 */
	public void stop() {
		this.forwarder.stop();
	}

	/**
	 * Return the counters, and what was last seen of the tables.
	 * @return the statistics
	 */
	public OutboxStatistics statistics() {
		return this.statistics;
	}

	/**
	 * Return how old the status may be while the database can be read.
	 * @return three times the longest time between two looks at the tables
	 */
	public Duration maxAge() {
		return this.maxAge;
	}

	private void committed(Set<Integer> shards) {
		List<Integer> own = new ArrayList<>();
		int others = 0;
		for (int shard : shards) {
			if (this.forwarder.holds(shard)) {
				own.add(shard);
			}
			else {
				others |= 1 << shard;
			}
		}
		if (!own.isEmpty()) {
			this.forwarder.wake(own);
		}
		int added = others;
		if (added != 0 && this.unsaid.getAndUpdate((bits) -> bits | added) == 0) {
			try {
				this.timers.later(Part.OUTBOX, this::tell, DEBOUNCE);
			}
			catch (RejectedExecutionException ex) {
				// The node stops. The holders find the rows when they look next
				logger.debug("Other nodes are not told of a commit", ex);
			}
		}
	}

	/**
	 * Tell the nodes that hold the shards. That is a hint: a message that gets lost costs
	 * the time until they look by themselves.
	 */
	private void tell() {
		BitSet shards = BitSet.valueOf(new long[] { this.unsaid.getAndSet(0) });
		Map<UUID, Integer> byHolder = new HashMap<>();
		int toAll = 0;
		for (int shard = shards.nextSetBit(0); shard >= 0; shard = shards.nextSetBit(shard + 1)) {
			UUID holder = this.forwarder.holder(shard);
			if (holder != null) {
				byHolder.merge(holder, 1 << shard, (one, other) -> one | other);
			}
			else {
				toAll |= 1 << shard;
			}
		}
		byHolder.forEach((holder, bits) -> this.link.sendTo(holder, encode(bits)));
		if (toAll != 0) {
			this.link.sendToAll(encode(toAll));
		}
	}

	private static byte[] encode(int shards) {
		return ByteBuffer.allocate(Integer.BYTES).putInt(shards).array();
	}

	/**
	 * Another node has committed something to shards. Does not block.
	 * @param origin the node
	 * @param body what it says
	 */
	public void received(UUID origin, ByteBuffer body) {
		BitSet bits = BitSet.valueOf(new long[] { body.getInt() & (1L << ShardedLog.SHARDS) - 1 });
		this.forwarder.wake(bits.stream().boxed().toList());
	}

	/**
	 * List the messages that were set aside, by any node. Blocks.
	 * @param offset how many to leave out
	 * @param limit how many at most, up to {@value #MAX_LISTED}
	 * @return the messages, those first that were set aside first
	 */
	public List<SetAsideMessage> setAside(long offset, int limit) {
		return this.setAside.list(this.database.jdbc(), offset, Math.min(limit, MAX_LISTED));
	}

	/**
	 * Send a message again that was set aside, behind all that wait now. Blocks.
	 * @param id the message's id
	 * @return whether it was there
	 * @throws io.github.atmosphererelay.message.WireFormatException if it cannot be read,
	 * and so can only be discarded
	 */
	public boolean resend(UUID id) {
		this.log.log();
		Integer shard = this.database.<@Nullable Integer>inTransaction((jdbc) -> {
			byte[] encoded = this.setAside.find(jdbc, id);
			if (encoded == null) {
				return null;
			}
			Envelope envelope = this.codec.decode(encoded);
			if (!this.setAside.delete(jdbc, id)) {
				return null;
			}
			this.log.log().append(jdbc, List.of(envelope), false);
			return ShardedLog.shardOf(envelope.address());
		});
		if (shard == null) {
			return false;
		}
		this.statistics.countResent();
		committed(Set.of(shard));
		return true;
	}

	/**
	 * Discard a message that was set aside. Blocks.
	 * @param id the message's id
	 * @return whether it was there
	 */
	public boolean discard(UUID id) {
		boolean discarded = this.database.inTransaction((jdbc) -> this.setAside.delete(jdbc, id));
		if (discarded) {
			this.statistics.countDiscarded();
		}
		return discarded;
	}

}
