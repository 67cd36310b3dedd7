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

package io.github.atmosphererelay.relay.jdbc.group.internal;

import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.stream.IntStream;

import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.jdbc.internal.Database;
import io.github.atmosphererelay.jdbc.internal.ShardedLog;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.dao.DuplicateKeyException;

/**
 * Brings this node's members towards their shares of the lanes, in turns. Members take
 * their share by themselves: each computes it from the members that it sees, gives back
 * what it has too much, and takes what is free. Only used by the thread of
 * {@link GroupLeases}.
 */
final class LaneBalancer {

	static final Duration LEASE = Duration.ofSeconds(10);

	private static final Log logger = LogFactory.getLog(LaneBalancer.class);

	/** How long to look often for lanes that others have to give back. */
	private static final long HURRIED_NANOS = TimeUnit.SECONDS.toNanos(30);

	private final UUID node = UUID.randomUUID();

	private final Database database;

	private final GroupTables tables;

	private final Guard guard;

	private final BiFunction<GroupMember, LaneKey, JdbcLane> lanes;

	private final GroupShares shares = new GroupShares(LEASE.toNanos());

	private long hurriedSince = System.nanoTime() - HURRIED_NANOS;

	/** Whether a member has got its row in the last turn. */
	private boolean begun;

	/**
	 * Create a balancer. Does not connect.
	 * @param database a connection
	 * @param tables the tables of groups
	 * @param guard hears of what is missing in the tables
	 * @param lanes makes a lane that a member has taken
	 */
	LaneBalancer(Database database, GroupTables tables, Guard guard, BiFunction<GroupMember, LaneKey, JdbcLane> lanes) {
		this.database = database;
		this.tables = tables;
		this.guard = guard;
		this.lanes = lanes;
	}

	/**
	 * Return whether a member has got its row in the last turn, so that it can take lanes
	 * in the next one.
	 */
	boolean hasBegun() {
		return this.begun;
	}

	/**
	 * Renew what this node's members hold, give back what is too much, and take what is
	 * free.
	 * @param members the members
	 * @return whether to look again soon
	 */
	boolean turn(List<GroupMember> members) {
		if (members.isEmpty()) {
			return false;
		}
		long renewedAt = System.nanoTime();
		this.tables.renew(this.database.jdbc(), this.node);
		Map<String, GroupView> views = this.tables.find(this.database.jdbc());
		long now = System.nanoTime();
		this.shares.look(views.values(), now);
		this.begun = false;
		boolean waits = false;
		for (GroupMember member : members) {
			if (view(views, member).members().containsKey(member.id())) {
				member.hold(renewedAt + LEASE.toNanos() / 3 * 2);
			}
			else {
				member.lanes().forEach(member::lose);
			}
		}
		// What takes long for one group does not end the leases of the others
		for (GroupMember member : members) {
			GroupView view = view(views, member);
			GroupView.Member row = view.members().get(member.id());
			if (row == null || view.lanes().isEmpty()) {
				begin(member, row == null);
			}
			else {
				checkLanes(member, view);
				waits |= balance(member, row, view, now);
			}
		}
		if (!waits) {
			this.hurriedSince = System.nanoTime();
		}
		return this.begun || (waits && System.nanoTime() - this.hurriedSince < HURRIED_NANOS);
	}

	private static GroupView view(Map<String, GroupView> views, GroupMember member) {
		return views.getOrDefault(member.group(), new GroupView());
	}

	/**
	 * Rows of single lanes are not created again: nobody knows how far the group had
	 * come.
	 */
	private void checkLanes(GroupMember member, GroupView view) {
		if (view.lanes().size() < ShardedLog.SHARDS) {
			List<Integer> missing = IntStream.range(0, ShardedLog.SHARDS)
				.boxed()
				.filter((shard) -> !view.lanes().containsKey(shard))
				.toList();
			this.guard.failed("The group '" + member.group() + "' does not handle the messages of all channels",
					new IllegalStateException("Table ATMOSPHERE_GROUP_LANE has no rows for the shards " + missing
							+ " of this group. Restore them, or stop the group and remove all of its rows"));
		}
	}

	/**
	 * Create what is missing in the tables.
	 */
	private void begin(GroupMember member, boolean join) {
		if (member.hasLeft()) {
			return;
		}
		try {
			this.database.inTransaction((jdbc) -> {
				if (!this.tables.exists(jdbc, member.group())) {
					this.tables.create(jdbc, member.group(), member.options().start());
				}
				if (join) {
					this.tables.join(jdbc, member.group(), member.id(), this.node, member.isWithdrawn());
				}
				return true;
			});
		}
		catch (DuplicateKeyException ex) {
			logger.debug("Another node has created the group '" + member.group() + "' meanwhile", ex);
		}
		this.begun = true;
	}

	/**
	 * Bring a member towards its share.
	 * @return whether it waits for lanes of others
	 */
	private boolean balance(GroupMember member, GroupView.Member row, GroupView view, long now) {
		for (JdbcLane lane : member.lanes()) {
			GroupView.Lane stored = view.lanes().get(lane.number());
			if (stored == null || stored.token() != lane.token() || !member.id().equals(stored.owner())) {
				logger.info("Lane " + lane.number() + " of the group '" + member.group() + "' has another owner");
				member.lose(lane);
			}
			else if (lane.isLost()) {
				// It could not store for another reason, and begins anew with another
				// token
				member.lose(lane);
				this.tables.free(this.database.jdbc(), lane.key());
			}
		}
		if (member.isWithdrawn()) {
			if (!row.withdrawn()) {
				this.tables.withdraw(this.database.jdbc(), member.group(), member.id());
			}
			return false;
		}
		removeDead(member, view, now);
		int quota = this.shares.quota(view, member.id(), ShardedLog.SHARDS, now);
		giveBack(member, quota);
		return take(member, view, quota, now);
	}

	private void removeDead(GroupMember member, GroupView view, long now) {
		view.members().forEach((id, row) -> {
			if (!this.shares.lives(id, now) && !id.equals(member.id())) {
				logger.info("A member of the group '" + member.group() + "' has not reported for " + LEASE.toSeconds()
						+ " s, and loses its lanes: " + id);
				this.tables.removeDead(this.database.jdbc(), member.group(), id, row.generation());
			}
		});
	}

	private void giveBack(GroupMember member, int quota) {
		List<JdbcLane> kept = member.lanes().stream().filter((lane) -> !lane.isRevoked()).toList();
		kept.stream()
			.sorted(Comparator.comparingInt(JdbcLane::number).reversed())
			.limit(Math.max(0, kept.size() - quota))
			.forEach(member::revoke);
	}

	private boolean take(GroupMember member, GroupView view, int quota, long now) {
		// Members that begin at the same time would try the same lanes
		int first = Math.floorMod(member.id().hashCode(), ShardedLog.SHARDS);
		for (int i = 0; i < ShardedLog.SHARDS && member.laneCount() < quota && !member.hasLeft(); i++) {
			int shard = (first + i) % ShardedLog.SHARDS;
			GroupView.Lane lane = view.lanes().get(shard);
			if (lane != null && !member.has(shard) && isFree(lane, member, view, now)) {
				take(member, shard, lane.token());
			}
		}
		return member.laneCount() < quota;
	}

	private boolean isFree(GroupView.Lane lane, GroupMember member, GroupView view, long now) {
		String owner = lane.owner();
		return owner == null || owner.equals(member.id()) || !view.members().containsKey(owner)
				|| !this.shares.lives(owner, now);
	}

	private void take(GroupMember member, int shard, long token) {
		if (this.database.inTransaction((jdbc) -> this.tables.take(jdbc, member.group(), shard, member.id(), token))) {
			member.assign(this.lanes.apply(member, new LaneKey(member.group(), shard, member.id(), token + 1)));
		}
	}

}
