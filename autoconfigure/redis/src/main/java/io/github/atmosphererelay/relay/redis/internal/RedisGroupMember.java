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
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Collectors;

import io.github.atmosphererelay.guard.internal.Failures;
import io.github.atmosphererelay.guard.internal.OrderedCalls;
import io.github.atmosphererelay.guard.internal.RateLimitedLog;
import io.github.atmosphererelay.relay.GroupLaneListener;
import io.github.atmosphererelay.relay.GroupMembership;
import io.github.atmosphererelay.relay.GroupOptions;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * This node as a member of a group. It says every second that it is alive, sees the other
 * members, and knows from their number how many lanes it may have: it revokes those above
 * that, and acquires free ones up to it. No member leads; the lease of each lane decides.
 * Thread-safe; never blocks. The listener is called without the lock, in order.
 */
final class RedisGroupMember implements GroupMembership {

	/** After this time without a word, the lanes of a member go to others. */
	static final Duration LEASE = Duration.ofSeconds(10);

	private static final long RENEW_NANOS = Duration.ofSeconds(2).toNanos();

	private static final Duration LOG_INTERVAL = Duration.ofSeconds(10);

	private static final RedisScript MEMBERS = RedisScript.group("group-members.lua");

	private final String id = UUID.randomUUID().toString();

	private final RedisGroups groups;

	private final GroupOptions options;

	private final GroupLaneListener listener;

	private final GroupCalls calls;

	private final RedisLanes lanes;

	private final GroupMaker maker;

	private final RateLimitedLog log = new RateLimitedLog(LogFactory.getLog(RedisGroupMember.class), LOG_INTERVAL);

	private final OrderedCalls listenerCalls = new OrderedCalls();

	private final Map<Integer, RedisGroupLane> owned = new TreeMap<>();

	/** The lanes that are being acquired, or given back. */
	private final Set<Integer> busy = new HashSet<>();

	private boolean speaking;

	private long renewedAt = System.nanoTime();

	private volatile boolean withdrawn;

	private volatile boolean left;

	RedisGroupMember(RedisGroups groups, GroupOptions options, GroupLaneListener listener, GroupCalls calls,
			RedisLanes lanes) {
		this.groups = groups;
		this.options = options;
		this.listener = listener;
		this.calls = calls;
		this.lanes = lanes;
		this.maker = new GroupMaker(groups::log, options, this.id, calls, lanes);
	}

	String id() {
		return this.id;
	}

	String group() {
		return this.options.name();
	}

	boolean handles(String channel) {
		return this.options.channels().test(channel);
	}

	/**
	 * Say that this member is alive, renew its leases, and look after its lanes. Called
	 * every second.
	 */
	void tick() {
		if (this.left) {
			return;
		}
		speak();
		List<RedisGroupLane> renewed = List.of();
		List<RedisGroupLane> all;
		synchronized (this) {
			all = List.copyOf(this.owned.values());
			long now = System.nanoTime();
			if (now - this.renewedAt >= RENEW_NANOS) {
				this.renewedAt = now;
				renewed = all;
			}
		}
		for (RedisGroupLane lane : renewed) {
			lane.renew(LEASE).thenAccept((mine) -> {
				if (!mine) {
					lost(lane);
				}
			});
		}
		all.forEach(RedisGroupLane::tick);
	}

	private void speak() {
		String numbers;
		synchronized (this) {
			if (this.speaking || this.withdrawn || this.left) {
				return;
			}
			numbers = this.owned.keySet().stream().map(String::valueOf).collect(Collectors.joining(","));
			this.speaking = true;
		}
		GroupCalls.started(() -> this.calls.run(MEMBERS, keys(), this.id, LEASE.toMillis(), numbers))
			.whenComplete((reply, ex) -> {
				synchronized (this) {
					this.speaking = false;
				}
				if (reply != null) {
					heard(reply);
				}
			})
			.whenComplete((reply, ex) -> this.calls.unexpected(ex));
	}

	private List<byte[]> keys() {
		return List.of(this.lanes.ofGroup(group(), "members"), this.lanes.ofGroup(group(), "lanes"),
				this.lanes.ofGroup(group(), "made"));
	}

	private void heard(List<?> reply) {
		if (!GroupCalls.text(reply.get(0)).equals(GroupMaker.MADE)) {
			this.maker.make().whenComplete((made, ex) -> {
				if (ex != null) {
					makingFailed(ex);
				}
				else if (made) {
					speak();
				}
			});
			return;
		}
		this.maker.made();
		Map<String, String> members = new TreeMap<>();
		for (int i = 1; i + 1 < reply.size(); i += 2) {
			members.put(GroupCalls.text(reply.get(i)), GroupCalls.text(reply.get(i + 1)));
		}
		balance(members);
		this.listenerCalls.make();
	}

	private void makingFailed(Throwable failure) {
		Throwable cause = Failures.unwrap(failure);
		if (!this.left && !RedisAnswers.isLasting(cause)) {
			this.log.warn("Consumer group '" + group() + "' cannot be made, and nobody handles its messages until then."
					+ " This node tries again each second. All servers of Redis have to answer for that, and the logs"
					+ " of all channels in the index have to be readable", cause);
		}
	}

	/**
	 * Revoke lanes, or acquire some.
	 * @param members the ids of all members, and their lanes
	 */
	private void balance(Map<String, String> members) {
		List<String> ids = new ArrayList<>(members.keySet());
		int rank = ids.indexOf(this.id);
		if (rank < 0) {
			return;
		}
		int share = RedisLanes.COUNT / ids.size() + ((rank < RedisLanes.COUNT % ids.size()) ? 1 : 0);
		List<Integer> wanted = new ArrayList<>();
		synchronized (this) {
			if (this.withdrawn || this.left) {
				return;
			}
			List<RedisGroupLane> kept = new ArrayList<>(
					this.owned.values().stream().filter((lane) -> !lane.isRevoked()).toList());
			while (kept.size() > share) {
				RedisGroupLane lane = kept.remove(kept.size() - 1);
				if (lane.revoke()) {
					call(() -> this.listener.revoked(lane));
				}
			}
			Set<Integer> taken = taken(members);
			// Any, so that two members seldom try the same, and none tries the same in
			// vain
			int first = ThreadLocalRandom.current().nextInt(RedisLanes.COUNT);
			int missing = share - kept.size() - this.busy.size();
			for (int i = 0; i < RedisLanes.COUNT && wanted.size() < missing; i++) {
				int number = (first + i) % RedisLanes.COUNT;
				if (!taken.contains(number) && !this.owned.containsKey(number) && this.busy.add(number)) {
					wanted.add(number);
				}
			}
		}
		wanted.forEach(this::acquire);
	}

	private Set<Integer> taken(Map<String, String> members) {
		Set<Integer> taken = new HashSet<>();
		members.forEach((id, numbers) -> {
			if (!id.equals(this.id)) {
				for (String number : numbers.split(",")) {
					if (!number.isEmpty()) {
						taken.add(Integer.valueOf(number));
					}
				}
			}
		});
		return taken;
	}

	private void acquire(int number) {
		long until = System.nanoTime() + LEASE.toNanos();
		GroupCalls.started(() -> acquire(number, until)).whenComplete((lane, ex) -> {
			try {
				if (lane != null) {
					acquired(lane);
				}
			}
			finally {
				synchronized (this) {
					this.busy.remove(number);
				}
			}
			this.listenerCalls.make();
		}).whenComplete((lane, ex) -> this.calls.unexpected(ex));
	}

	private CompletableFuture<@Nullable RedisGroupLane> acquire(int number, long until) {
		GroupProgress progress = new GroupProgress(this.calls, this.lanes, this.options, number, this.id);
		return progress.acquire(LEASE.toMillis()).thenApply((lease) -> {
			if (lease == null) {
				return null;
			}
			RedisGroupLane lane = this.groups.lane(this, number, lease[0], lease[1], until, progress);
			if (lane == null) {
				progress.release(lease[0]);
			}
			return lane;
		});
	}

	private void acquired(RedisGroupLane lane) {
		if (!own(lane)) {
			lane.giveBack();
			return;
		}
		// Before the first look at the index, so that nothing is missed in between
		this.groups.follow(lane).whenComplete((nothing, ex) -> lane.announcementsMissed());
		lane.tick();
	}

	private synchronized boolean own(RedisGroupLane lane) {
		if (this.withdrawn || this.left) {
			return false;
		}
		this.owned.put(lane.number(), lane);
		call(() -> this.listener.assigned(lane));
		return true;
	}

	private void call(Runnable call) {
		this.listenerCalls.add(() -> {
			if (!this.left) {
				call.run();
			}
		});
	}

	void available(RedisGroupLane lane) {
		synchronized (this) {
			call(() -> this.listener.available(lane));
		}
		this.listenerCalls.make();
	}

	/**
	 * Note that a lane belongs to another member.
	 */
	void lost(RedisGroupLane lane) {
		boolean mine;
		synchronized (this) {
			mine = this.owned.remove(lane.number(), lane);
			if (mine) {
				call(() -> this.listener.lost(lane));
			}
		}
		if (mine) {
			lane.end();
			this.groups.unfollow(lane);
			this.listenerCalls.make();
		}
	}

	/**
	 * Give a lane back. If Redis does not answer, the lane is free when its lease has
	 * ended, and for this member at once.
	 */
	void release(RedisGroupLane lane) {
		synchronized (this) {
			if (!this.owned.remove(lane.number(), lane)) {
				return;
			}
			this.busy.add(lane.number());
		}
		lane.end();
		GroupCalls.<Object>started(() -> {
			this.groups.unfollow(lane);
			return lane.giveBack().thenApply((reply) -> reply);
		}).whenComplete((nothing, ex) -> {
			synchronized (this) {
				this.busy.remove(lane.number());
			}
			// The others see at once that it is free
			speak();
		});
	}

	@Override
	public void withdraw() {
		boolean first;
		synchronized (this) {
			first = !this.withdrawn;
			this.withdrawn = true;
		}
		if (first) {
			sayGoodbye();
		}
	}

	private CompletableFuture<?> sayGoodbye() {
		return this.calls.run(MEMBERS, keys(), this.id, 0, "");
	}

	@Override
	public void leave() {
		List<RedisGroupLane> rest;
		synchronized (this) {
			if (this.left) {
				return;
			}
			this.left = true;
			this.withdrawn = true;
			rest = List.copyOf(this.owned.values());
		}
		sayGoodbye();
		rest.forEach(this::release);
		this.groups.left(this);
	}

	/**
	 * End without a word, because the relay stops.
	 */
	void stop() {
		List<RedisGroupLane> rest;
		synchronized (this) {
			this.left = true;
			this.withdrawn = true;
			rest = List.copyOf(this.owned.values());
			this.owned.clear();
		}
		rest.forEach(RedisGroupLane::end);
	}

}
