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

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

import io.github.atmosphererelay.relay.GroupLaneListener;
import io.github.atmosphererelay.relay.GroupMembership;
import io.github.atmosphererelay.relay.GroupOptions;

/**
 * A membership of this node in a group, and the lanes that it has. The thread of
 * {@link GroupLeases} for the leases gives and takes lanes, and that for the time takes
 * them; the other methods are for any thread.
 */
final class GroupMember implements GroupMembership {

	private final GroupLeases leases;

	private final GroupOptions options;

	private final GroupLaneListener listener;

	private final String id = UUID.randomUUID().toString();

	private final Map<Integer, JdbcLane> lanes = new ConcurrentHashMap<>();

	private volatile boolean withdrawn;

	private volatile boolean left;

	/** Until when the lanes may be used. */
	private volatile long heldUntil;

	GroupMember(GroupLeases leases, GroupOptions options, GroupLaneListener listener) {
		this.leases = leases;
		this.options = options;
		this.listener = listener;
	}

	GroupOptions options() {
		return this.options;
	}

	String group() {
		return this.options.name();
	}

	String id() {
		return this.id;
	}

	boolean isWithdrawn() {
		return this.withdrawn;
	}

	boolean hasLeft() {
		return this.left;
	}

	boolean hasLanes() {
		return !this.lanes.isEmpty();
	}

	int laneCount() {
		return this.lanes.size();
	}

	List<JdbcLane> lanes() {
		return new ArrayList<>(this.lanes.values());
	}

	boolean has(int shard) {
		return this.lanes.containsKey(shard);
	}

	void hold(long until) {
		this.heldUntil = until;
	}

	/**
	 * Return whether the lanes may be used now.
	 */
	boolean holds(long now) {
		return now - this.heldUntil < 0;
	}

	/**
	 * Lose all lanes if they could not be renewed in time.
	 */
	void expire(long now) {
		if (hasLanes() && !holds(now)) {
			lanes().forEach(this::lose);
		}
	}

	/**
	 * Note that a lane belongs to the member.
	 */
	void assign(JdbcLane lane) {
		if (this.left) {
			return;
		}
		this.listener.assigned(lane);
		this.lanes.put(lane.number(), lane);
		// What has come since the listener read
		wake(lane);
	}

	void revoke(JdbcLane lane) {
		if (lane.revoke() && !this.left) {
			this.listener.revoked(lane);
		}
	}

	void lose(JdbcLane lane) {
		lane.lose();
		if (this.lanes.remove(lane.number(), lane) && !this.left) {
			this.listener.lost(lane);
		}
	}

	/**
	 * Note that there may be something to read in a lane.
	 */
	void wake(int shard) {
		JdbcLane lane = this.lanes.get(shard);
		if (lane != null) {
			wake(lane);
		}
	}

	/**
	 * Note that rows of a shard have come that no lane needs.
	 */
	void passOver(int shard, long from, long to) {
		JdbcLane lane = this.lanes.get(shard);
		if (lane != null && lane.passOver(from, to)) {
			available(lane);
		}
	}

	private void wake(JdbcLane lane) {
		if (lane.wake()) {
			available(lane);
		}
	}

	void available(JdbcLane lane) {
		if (!this.left) {
			this.listener.available(lane);
		}
	}

	void release(JdbcLane lane) {
		this.lanes.remove(lane.number(), lane);
		this.leases.free(lane);
	}

	@Override
	public void withdraw() {
		this.withdrawn = true;
		this.leases.lookNow();
	}

	@Override
	public void leave() {
		if (!this.left) {
			this.left = true;
			for (JdbcLane lane : lanes()) {
				lane.lose();
			}
			this.lanes.clear();
			this.leases.leave(this);
		}
	}

}
