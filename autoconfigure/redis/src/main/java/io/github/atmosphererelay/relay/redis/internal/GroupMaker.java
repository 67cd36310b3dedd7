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
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

import io.github.atmosphererelay.guard.internal.Failures;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.relay.ChannelLog;
import io.github.atmosphererelay.relay.GroupOptions;
import io.github.atmosphererelay.relay.PageLimit;
import io.github.atmosphererelay.relay.ReadDirection;
import org.jspecify.annotations.Nullable;

/**
 * Makes a group that does not exist: looks once at each log, and notes where the group
 * begins there, before any lane gets an owner. One member of the group does that; another
 * goes on if it ends. A group that disappears while it has members, because Redis has
 * lost its data, begins with what the logs have. Thread-safe; never blocks.
 */
final class GroupMaker {

	static final String MADE = "made";

	private static final RedisScript MAKE = RedisScript.group("group-make.lua");

	private static final long PATIENCE_MILLIS = Duration.ofSeconds(10).toMillis();

	private static final int PAGE = 50;

	private static final PageLimit ONE = PageLimit.of(1);

	private final RedisGroups groups;

	private final GroupOptions options;

	private final String member;

	private final GroupCalls calls;

	private final RedisLanes lanes;

	private boolean making;

	private volatile boolean existed;

	GroupMaker(RedisGroups groups, GroupOptions options, String member, GroupCalls calls, RedisLanes lanes) {
		this.groups = groups;
		this.options = options;
		this.member = member;
		this.calls = calls;
		this.lanes = lanes;
	}

	/**
	 * Note that the group exists.
	 */
	void made() {
		this.existed = true;
	}

	/**
	 * Make the group, unless this or another member is doing it.
	 * @return whether it is made now
	 */
	CompletableFuture<Boolean> make() {
		synchronized (this) {
			if (this.making) {
				return CompletableFuture.completedFuture(false);
			}
			this.making = true;
		}
		return GroupCalls.started(() -> ask(PATIENCE_MILLIS))
			.thenCompose((answer) -> answer.equals("mine") ? makeFrom(0).thenCompose((nothing) -> ask(0))
					: CompletableFuture.completedFuture(answer))
			.thenApply(MADE::equals)
			.whenComplete((made, ex) -> {
				synchronized (this) {
					this.making = false;
				}
				if (!(Failures.unwrap(ex) instanceof OvertakenException)) {
					this.calls.unexpected(ex);
				}
			});
	}

	private CompletableFuture<String> ask(long millis) {
		return this.calls.run(MAKE, List.of(this.lanes.ofGroup(this.options.name(), "made")), this.member, millis)
			.thenApply((reply) -> GroupCalls.text(reply.get(0)));
	}

	private CompletableFuture<@Nullable Void> makeFrom(int lane) {
		if (lane == RedisLanes.COUNT) {
			return CompletableFuture.completedFuture(null);
		}
		GroupProgress progress = new GroupProgress(this.calls, this.lanes, this.options, lane, this.member);
		return pages(new LaneIndexReader(this.calls, this.lanes.recent(lane), 0), progress)
			.thenCompose((nothing) -> makeFrom(lane + 1));
	}

	private CompletableFuture<@Nullable Void> pages(LaneIndexReader reader, GroupProgress progress) {
		return reader.next(this.options.channels(), PAGE)
			.thenCompose((page) -> note(page.channels(), progress).thenCompose((nothing) -> page.last()
					? CompletableFuture.<@Nullable Void>completedFuture(null) : nextPage(reader, progress)));
	}

	private CompletableFuture<@Nullable Void> nextPage(LaneIndexReader reader, GroupProgress progress) {
		return ask(PATIENCE_MILLIS).thenCompose((answer) -> {
			check(answer.equals("mine"));
			return pages(reader, progress);
		});
	}

	/**
	 * Note where the group begins in some channels.
	 */
	private CompletableFuture<@Nullable Void> note(List<String> channels, GroupProgress progress) {
		Map<String, Position> begins = new ConcurrentHashMap<>();
		return GroupCalls.all(channels.stream().map((channel) -> begin(channel).thenAccept((position) -> {
			if (position.offset() > 0) {
				begins.put(channel, position);
			}
		})).toList())
			.thenCompose((nothing) -> begins.isEmpty() ? CompletableFuture.completedFuture(true)
					: progress.note(begins, isNow()))
			.thenAccept(GroupMaker::check);
	}

	private static void check(boolean mine) {
		if (!mine) {
			throw new OvertakenException();
		}
	}

	/**
	 * Return whether the group begins with what is published from now on.
	 */
	private boolean isNow() {
		return this.options.start() == GroupOptions.Start.LATEST && !this.existed;
	}

	private CompletableFuture<Position> begin(String channel) {
		return this.calls.reported(findBegin(channel));
	}

	private CompletableFuture<Position> findBegin(String channel) {
		ChannelLog log = this.groups.log();
		if (log == null) {
			return CompletableFuture.failedFuture(Failures.unwrap(this.groups.stopped()));
		}
		if (isNow()) {
			return log.position(channel);
		}
		return log.read(channel, null, ONE, ReadDirection.FORWARD).thenApply((page) -> {
			List<Publication> first = page.publications();
			Position position = first.isEmpty() ? null : first.get(0).position();
			return (position != null) ? new Position(position.epoch(), position.offset() - 1) : page.end();
		});
	}

	/**
	 * Another member makes the group, which happens if this one was slow.
	 */
	private static final class OvertakenException extends RuntimeException {

		OvertakenException() {
			super("Another member makes the group");
		}

	}

}
