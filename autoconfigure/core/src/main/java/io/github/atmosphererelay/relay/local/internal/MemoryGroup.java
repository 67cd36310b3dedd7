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

package io.github.atmosphererelay.relay.local.internal;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

import io.github.atmosphererelay.guard.internal.OrderedCalls;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.relay.GroupLaneListener;
import io.github.atmosphererelay.relay.GroupMembership;
import io.github.atmosphererelay.relay.GroupOptions;
import io.github.atmosphererelay.relay.LaneLostException;
import io.github.atmosphererelay.relay.RelayOverloadedException;
import io.github.atmosphererelay.relay.SetAsideMessage;
import org.jspecify.annotations.Nullable;

/**
 * A group of logs in memory: its members, which lane belongs to which, the progress in
 * each channel, and what was set aside. Thread-safe. Listeners are called without the
 * lock.
 */
final class MemoryGroup {

	static final int LANES = 8;

	private static final int MAX_SET_ASIDE = 10_000;

	/** The number of channels from which on the progress is looked through. */
	private static final int MANY_CHANNELS = 10_000;

	private final String name;

	private final MemoryLogs logs;

	private final Map<String, Position> progress = new HashMap<>();

	private final Map<UUID, SetAsideMessage> setAside = new LinkedHashMap<>();

	private final List<Member> members = new ArrayList<>();

	private final @Nullable MemoryLane[] lanes = new MemoryLane[LANES];

	private final OrderedCalls calls = new OrderedCalls();

	private long token;

	private int tidyAt = MANY_CHANNELS;

	private boolean ended;

	MemoryGroup(GroupOptions options, MemoryLogs logs) {
		this.name = options.name();
		this.logs = logs;
		for (String channel : logs.channels()) {
			if (options.channels().test(channel)) {
				this.progress.put(channel,
						(options.start() == GroupOptions.Start.EARLIEST) ? logs.beginning(channel) : logs.end(channel));
			}
		}
	}

	GroupMembership join(GroupOptions options, GroupLaneListener listener) {
		Member member = new Member(options, listener);
		synchronized (this) {
			this.members.add(member);
			balance();
		}
		this.calls.make();
		return member;
	}

	/**
	 * Spread the lanes evenly over the members. Called with the lock.
	 */
	private void balance() {
		if (this.members.isEmpty() || this.ended) {
			return;
		}
		for (int number = 0; number < LANES; number++) {
			Member member = this.members.get(number % this.members.size());
			MemoryLane lane = this.lanes[number];
			if (lane == null) {
				assign(number, member);
			}
			else if (lane.member() != member && lane.revoke()) {
				call(lane, () -> lane.member().listener.revoked(lane));
			}
		}
	}

	private void assign(int number, Member member) {
		MemoryLane lane = new MemoryLane(this, this.logs, member, number, ++this.token);
		this.lanes[number] = lane;
		for (String channel : this.logs.channels()) {
			lane.appended(channel);
		}
		call(lane, () -> member.listener.assigned(lane));
	}

	private void call(MemoryLane lane, Runnable call) {
		this.calls.add(() -> {
			if (!lane.member().left) {
				call.run();
			}
		});
	}

	void appended(String channel) {
		synchronized (this) {
			MemoryLane lane = this.lanes[laneOf(channel)];
			if (lane != null && lane.appended(channel)) {
				call(lane, () -> lane.member().listener.available(lane));
			}
		}
		this.calls.make();
	}

	static int laneOf(String channel) {
		return Math.floorMod(channel.hashCode(), LANES);
	}

	void release(MemoryLane lane) {
		synchronized (this) {
			if (isOwned(lane)) {
				this.lanes[lane.number()] = null;
				balance();
			}
		}
		this.calls.make();
	}

	private void withdraw(Member member) {
		synchronized (this) {
			if (this.members.remove(member)) {
				balance();
			}
		}
		this.calls.make();
	}

	private void leave(Member member) {
		synchronized (this) {
			if (member.left) {
				return;
			}
			member.left = true;
			this.members.remove(member);
			for (int number = 0; number < LANES; number++) {
				MemoryLane lane = this.lanes[number];
				if (lane != null && lane.member() == member) {
					this.lanes[number] = null;
				}
			}
			balance();
		}
		this.calls.make();
	}

	synchronized void end() {
		this.ended = true;
		Arrays.fill(this.lanes, null);
	}

	private boolean isOwned(MemoryLane lane) {
		return this.lanes[lane.number()] == lane;
	}

	/**
	 * Fail if a lane does not belong to its member any more. Called with the lock.
	 */
	void check(MemoryLane lane) {
		if (!isOwned(lane)) {
			throw new LaneLostException(this.name, lane.number(), lane.token());
		}
	}

	/**
	 * Return the position up to which a channel was handled. Called with the lock.
	 */
	Position progress(String channel) {
		Position position = this.progress.get(channel);
		return (position != null) ? position : this.logs.origin(channel);
	}

	/**
	 * Note how far channels were handled. Called with the lock.
	 */
	void handled(Map<String, Position> handled) {
		this.progress.putAll(handled);
		if (this.progress.size() > this.tidyAt) {
			// A channel without a log has nothing that could come again
			Set<String> channels = this.logs.channels();
			this.progress.keySet().retainAll(channels);
			this.tidyAt = Math.max(MANY_CHANNELS, 2 * this.progress.size());
		}
	}

	/**
	 * Keep a message that could not be handled. Called with the lock.
	 */
	void setAside(SetAsideMessage message) {
		UUID id = message.publication().id();
		if (this.setAside.size() >= MAX_SET_ASIDE && !this.setAside.containsKey(id)) {
			throw RelayOverloadedException.forSetAside(this.name, MAX_SET_ASIDE);
		}
		this.setAside.put(id, message);
	}

	synchronized long setAsideCount() {
		return this.setAside.size();
	}

	synchronized List<SetAsideMessage> setAside() {
		return List.copyOf(this.setAside.values());
	}

	synchronized @Nullable SetAsideMessage findSetAside(UUID id) {
		return this.setAside.get(id);
	}

	synchronized boolean removeSetAside(UUID id) {
		return this.setAside.remove(id) != null;
	}

	/**
	 * A member of the group.
	 */
	final class Member implements GroupMembership {

		private final GroupOptions options;

		private final GroupLaneListener listener;

		private volatile boolean left;

		private Member(GroupOptions options, GroupLaneListener listener) {
			this.options = options;
			this.listener = listener;
		}

		boolean handles(String channel) {
			return this.options.channels().test(channel);
		}

		@Override
		public void withdraw() {
			MemoryGroup.this.withdraw(this);
		}

		@Override
		public void leave() {
			MemoryGroup.this.leave(this);
		}

	}

}
