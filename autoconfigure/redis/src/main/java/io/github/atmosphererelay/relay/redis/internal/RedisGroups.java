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

package io.github.atmosphererelay.relay.redis.internal;

import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Supplier;

import io.github.atmosphererelay.guard.Guards;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.guard.internal.Threads;
import io.github.atmosphererelay.relay.ConsumerGroups;
import io.github.atmosphererelay.relay.GroupLaneListener;
import io.github.atmosphererelay.relay.GroupMembership;
import io.github.atmosphererelay.relay.GroupOptions;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import io.github.atmosphererelay.relay.SetAsideMessages;
import org.jspecify.annotations.Nullable;

/**
 * The consumer groups of the logs on Redis. Members live from {@link #join} to the end of
 * the relay's present run. One thread ticks for all of them; it never blocks.
 */
final class RedisGroups implements ConsumerGroups {

	private static final Duration TICK = Duration.ofSeconds(1);

	private final Supplier<@Nullable RedisConnector> connector;

	private final RedisLanes lanes;

	private final LanePace pace;

	private final GroupCalls calls;

	private final RedisSetAside setAside;

	private final List<RedisGroupMember> members = new CopyOnWriteArrayList<>();

	/** By number, the lanes of all groups that belong to this node. */
	private final Map<Integer, Set<RedisGroupLane>> followed = new HashMap<>();

	private @Nullable ScheduledExecutorService timer;

	RedisGroups(Supplier<@Nullable RedisConnector> connector, RedisRelaySettings settings, LanePace pace) {
		this.pace = pace;
		this.connector = connector;
		this.lanes = new RedisLanes(settings.keyPrefix());
		this.calls = new GroupCalls(connector, settings);
		this.setAside = new RedisSetAside(this.calls, this.lanes, settings.codec());
	}

	@Override
	public GroupMembership join(GroupOptions group, GroupLaneListener listener) {
		RedisGroupMember member = new RedisGroupMember(this, group, listener, this.calls, this.lanes);
		synchronized (this) {
			this.members.add(member);
			if (this.timer == null) {
				this.timer = Executors.newSingleThreadScheduledExecutor(Threads.factory("redis-groups"));
				guards().of(Part.LISTENERS).repeat(this.timer, this::tick, TICK, TICK);
			}
			guards().of(Part.LISTENERS).later(this.timer, member::tick, Duration.ZERO);
		}
		return member;
	}

	private Guards guards() {
		RedisConnector connector = this.connector.get();
		return (connector != null) ? connector.guards() : Guards.UNREPORTED;
	}

	private void tick() {
		for (RedisGroupMember member : this.members) {
			guards().of(Part.LISTENERS).run(member::tick);
		}
	}

	@Override
	public SetAsideMessages setAside() {
		return this.setAside;
	}

	/**
	 * Return the logs, or {@code null} if the relay is stopped.
	 */
	@Nullable RedisLog log() {
		RedisConnector connector = this.connector.get();
		return (connector != null) ? connector.log() : null;
	}

	RelayUnavailableException stopped() {
		return new RelayUnavailableException(RedisRelay.NAME, null);
	}

	/**
	 * Create a lane of a member.
	 * @return the lane, or {@code null} if the relay is stopped
	 */
	@Nullable RedisGroupLane lane(RedisGroupMember member, int number, long token, long checked, long heldUntil,
			GroupProgress progress) {
		RedisLog log = log();
		return (log != null) ? new RedisGroupLane(member, number, token, checked, heldUntil, progress, this.setAside,
				log, this.pace, this.calls, this.lanes) : null;
	}

	/**
	 * Hear of appends in a lane.
	 * @return completes when that is so
	 */
	CompletableFuture<@Nullable Void> follow(RedisGroupLane lane) {
		synchronized (this.followed) {
			this.followed.computeIfAbsent(lane.number(), (number) -> new LinkedHashSet<>()).add(lane);
			RedisConnector connector = this.connector.get();
			return (connector != null) ? connector.subscribe(RedisLanes.address(lane.number()))
					: CompletableFuture.failedFuture(stopped());
		}
	}

	void unfollow(RedisGroupLane lane) {
		synchronized (this.followed) {
			Set<RedisGroupLane> others = this.followed.get(lane.number());
			if (others != null && others.remove(lane) && others.isEmpty()) {
				this.followed.remove(lane.number());
				RedisConnector connector = this.connector.get();
				if (connector != null) {
					connector.unsubscribe(RedisLanes.address(lane.number()));
				}
			}
		}
	}

	/**
	 * Note an append that was announced.
	 */
	void appended(AppendNotice notice) {
		lanes(RedisLanes.of(notice.channel())).forEach((lane) -> lane.appended(notice));
	}

	/**
	 * Note that announcements in a lane may have been lost.
	 */
	void announcementsMissed(int lane) {
		lanes(lane).forEach(RedisGroupLane::announcementsMissed);
	}

	private List<RedisGroupLane> lanes(int number) {
		synchronized (this.followed) {
			return List.copyOf(this.followed.getOrDefault(number, Set.of()));
		}
	}

	void left(RedisGroupMember member) {
		this.members.remove(member);
	}

	/**
	 * End all memberships, because the relay stops.
	 */
	void stop() {
		synchronized (this) {
			if (this.timer != null) {
				this.timer.shutdownNow();
				this.timer = null;
			}
		}
		this.members.forEach(RedisGroupMember::stop);
		this.members.clear();
		synchronized (this.followed) {
			this.followed.clear();
		}
	}

}
