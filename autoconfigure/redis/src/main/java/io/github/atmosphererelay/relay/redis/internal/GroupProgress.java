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

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.relay.GroupOptions;
import io.github.atmosphererelay.relay.LaneLostException;
import org.jspecify.annotations.Nullable;

/**
 * What Redis keeps of a lane in a group: its lease, how far each channel was handled, and
 * at which channels the next owner has to look. Thread-safe; never blocks.
 */
final class GroupProgress {

	private static final RedisScript LEASE = RedisScript.group("group-lease.lua");

	private static final RedisScript COMMIT = RedisScript.group("group-commit.lua");

	private static final RedisScript FORGET = RedisScript.group("group-forget.lua");

	private static final RedisScript CHECKPOINT = RedisScript.group("group-checkpoint.lua");

	private static final RedisScript LOAD = RedisScript.group("group-load.lua");

	private static final RedisScript CLAIM = RedisScript.group("group-claim.lua");

	private static final RedisScript NOTE = RedisScript.group("group-note.lua");

	private static final RedisScript UNFINISHED = RedisScript.group("group-unfinished.lua");

	private final GroupCalls calls;

	private final String group;

	private final GroupOptions.Start start;

	private final int lane;

	private final String member;

	private final byte[] lease;

	private final byte[] progress;

	private final byte[] unfinished;

	GroupProgress(GroupCalls calls, RedisLanes lanes, GroupOptions options, int lane, String member) {
		String group = options.name();
		this.calls = calls;
		this.group = group;
		this.start = options.start();
		this.lane = lane;
		this.member = member;
		this.lease = lanes.ofGroup(group, lane, "lease");
		this.progress = lanes.ofGroup(group, lane, "progress");
		this.unfinished = lanes.ofGroup(group, lane, "unfinished");
	}

	byte[] lease() {
		return this.lease;
	}

	/**
	 * Return with what the group begins in a channel.
	 */
	GroupOptions.Start start() {
		return this.start;
	}

	byte[] handled() {
		return this.progress;
	}

	/**
	 * Acquire the lease.
	 * @param millis its time
	 * @return the token and the time of the last checkpoint; {@code null} if the lane
	 * belongs to another member
	 */
	CompletableFuture<long @Nullable []> acquire(long millis) {
		return this.calls.run(LEASE, List.of(this.lease), "acquire", this.member, 0, millis).thenApply((reply) -> {
			long token = GroupCalls.number(reply.get(0));
			return (token != 0) ? new long[] { token, GroupCalls.number(reply.get(1)) } : null;
		});
	}

	/**
	 * Renew the lease.
	 * @return whether the lane belongs to this member still
	 */
	CompletableFuture<Boolean> renew(long token, long millis) {
		return this.calls.run(LEASE, List.of(this.lease), "renew", this.member, token, millis)
			.thenApply((reply) -> GroupCalls.number(reply.get(0)) == token);
	}

	CompletableFuture<?> release(long token) {
		return this.calls.run(LEASE, List.of(this.lease), "release", this.member, token, 0);
	}

	/**
	 * Store how far channels were handled; fails with {@link LaneLostException} if the
	 * lane belongs to another member.
	 */
	CompletableFuture<@Nullable Void> commit(long token, Map<String, Position> handled) {
		List<CompletableFuture<?>> parts = new ArrayList<>();
		for (Map<String, Position> part : GroupCalls.parts(handled)) {
			parts.add(
					this.calls
						.run(COMMIT, List.of(this.lease, this.progress), List.of(this.member, token),
								GroupCalls.arguments(part))
						.thenAccept((reply) -> check(reply, token)));
		}
		return GroupCalls.all(parts);
	}

	/**
	 * Store at which channels the next owner has to look.
	 * @param token the token
	 * @param time up to which time all channels were looked at
	 * @param open the channels in which something is left to do
	 */
	CompletableFuture<@Nullable Void> checkpoint(long token, long time, List<String> open) {
		return this.calls.run(CHECKPOINT, List.of(this.lease, this.unfinished), List.of(this.member, token, time), open)
			.thenApply((reply) -> {
				check(reply, token);
				return null;
			});
	}

	/**
	 * Return the channels in which something was left to do at the last checkpoint.
	 */
	CompletableFuture<List<String>> unfinished() {
		return this.calls.run(UNFINISHED, List.of(this.unfinished))
			.thenApply((reply) -> reply.stream().map(GroupCalls::text).toList());
	}

	/**
	 * Return how far channels were handled, at most {@link GroupCalls#MAX_CHANNELS}. A
	 * channel without progress is left out.
	 */
	CompletableFuture<Map<String, Position>> load(List<String> channels) {
		if (channels.isEmpty()) {
			return CompletableFuture.completedFuture(Map.of());
		}
		return this.calls.run(LOAD, List.of(this.progress), channels.toArray()).thenApply((reply) -> {
			Map<String, Position> progress = new HashMap<>();
			for (int i = 0; i < channels.size(); i++) {
				Position position = GroupCalls.position(reply.get(i));
				if (position != null) {
					progress.put(channels.get(i), position);
				}
			}
			return progress;
		});
	}

	/**
	 * Begin an attempt to make the group in this lane. No former attempt stores anything
	 * from then on.
	 * @param mark a mark of the attempt
	 * @return whether a member has had the lane, so that the group existed before
	 */
	CompletableFuture<Boolean> claim(String mark) {
		return this.calls.run(CLAIM, List.of(this.lease), mark)
			.thenApply((reply) -> GroupCalls.number(reply.get(0)) == 1);
	}

	/**
	 * Store where the group begins, in channels in which that is not known yet.
	 * @param mark the mark of the attempt, as in {@link #claim}
	 * @param now whether these are the ends of the logs. If a member has had the lane
	 * meanwhile, the ends may be behind messages that are the group's, and are not stored
	 * @return whether the positions were stored
	 */
	CompletableFuture<Boolean> note(String mark, Map<String, Position> positions, boolean now) {
		return this.calls
			.run(NOTE, List.of(this.progress, this.lease), List.of(mark, now ? 1 : 0), GroupCalls.arguments(positions))
			.thenApply((reply) -> GroupCalls.number(reply.get(0)) == 1);
	}

	/**
	 * Forget how far channels were handled, unless they were handled further meanwhile.
	 */
	CompletableFuture<@Nullable Void> forget(long token, Map<String, Position> positions) {
		List<CompletableFuture<?>> parts = new ArrayList<>();
		for (Map<String, Position> part : GroupCalls.parts(positions)) {
			parts.add(
					this.calls
						.run(FORGET, List.of(this.lease, this.progress), List.of(this.member, token),
								GroupCalls.arguments(part))
						.thenAccept((reply) -> check(reply, token)));
		}
		return GroupCalls.all(parts);
	}

	private void check(List<?> reply, long token) {
		if (GroupCalls.number(reply.get(0)) == 0) {
			throw lost(token);
		}
	}

	LaneLostException lost(long token) {
		return new LaneLostException(this.group, this.lane, token);
	}

}
