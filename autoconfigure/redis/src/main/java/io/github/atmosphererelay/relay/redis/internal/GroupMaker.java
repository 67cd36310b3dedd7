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
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.stream.IntStream;

import io.github.atmosphererelay.guard.internal.Failures;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.relay.ChannelLog;
import io.github.atmosphererelay.relay.GroupOptions;
import io.github.atmosphererelay.relay.PageLimit;
import io.github.atmosphererelay.relay.ReadDirection;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import org.jspecify.annotations.Nullable;

/**
 * Makes a group that does not exist: looks once at each log, and notes where the group
 * begins there, before any lane gets an owner. One member of the group does that; another
 * goes on if it ends. A group that disappears while it has members, because Redis has
 * lost its data, begins with what the logs have; so does one of which a lane had an
 * owner. Thread-safe; never blocks.
 */
final class GroupMaker {

	static final String MADE = "made";

	private static final String MINE = "mine";

	private static final RedisScript MAKE = RedisScript.group("group-make.lua");

	private static final long PATIENCE_MILLIS = Duration.ofSeconds(10).toMillis();

	private static final int PAGE = 50;

	private static final PageLimit ONE = PageLimit.of(1);

	private final Supplier<@Nullable ChannelLog> log;

	private final GroupOptions options;

	private final String member;

	private final GroupCalls calls;

	private final RedisLanes lanes;

	private boolean making;

	private int overtaken;

	private volatile boolean existed;

	/**
	 * Create a maker.
	 * @param log returns the logs, or {@code null} if the relay is stopped
	 * @param options the group
	 * @param member the id of the member
	 * @param calls runs scripts
	 * @param lanes the names of what Redis keeps
	 */
	GroupMaker(Supplier<@Nullable ChannelLog> log, GroupOptions options, String member, GroupCalls calls,
			RedisLanes lanes) {
		this.log = log;
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
	 * @return whether it is made now; fails if Redis does not do what is needed, or if
	 * others have interfered more than once
	 */
	CompletableFuture<Boolean> make() {
		synchronized (this) {
			if (this.making) {
				return CompletableFuture.completedFuture(false);
			}
			this.making = true;
		}
		return GroupCalls.started(() -> ask(PATIENCE_MILLIS))
			.thenCompose((answer) -> answer.equals(MINE) ? makeNow().thenCompose((nothing) -> ask(0))
					: CompletableFuture.completedFuture(answer))
			.thenApply(MADE::equals)
			.exceptionally((ex) -> {
				if (Failures.unwrap(ex) instanceof OvertakenException && !isOvertakenAgain()) {
					return false;
				}
				throw new CompletionException(Failures.unwrap(ex));
			})
			.whenComplete((made, ex) -> {
				synchronized (this) {
					this.making = false;
				}
				this.calls.unexpected(ex);
			});
	}

	/**
	 * Return whether this is not the first time. Once is no failure, since a member may
	 * have stood still.
	 */
	private synchronized boolean isOvertakenAgain() {
		return ++this.overtaken > 1;
	}

	private CompletableFuture<String> ask(long millis) {
		return this.calls.run(MAKE, List.of(this.lanes.ofGroup(this.options.name(), "made")), this.member, millis)
			.thenApply((reply) -> GroupCalls.text(reply.get(0)));
	}

	/**
	 * Note in all lanes where the group begins. An attempt leaves its mark in each lane
	 * before it reads anything, and holds the claim after that. So another member that
	 * makes the group meanwhile replaces the marks, and nothing of this attempt is noted
	 * behind it, however long this node stands still.
	 */
	private CompletableFuture<@Nullable Void> makeNow() {
		String mark = UUID.randomUUID().toString();
		List<GroupProgress> all = IntStream.range(0, RedisLanes.COUNT)
			.mapToObj((lane) -> new GroupProgress(this.calls, this.lanes, this.options, lane, this.member))
			.toList();
		List<CompletableFuture<Boolean>> owned = all.stream().map((progress) -> progress.claim(mark)).toList();
		return GroupCalls.all(owned).thenCompose((nothing) -> holdClaim()).thenCompose((nothing) -> {
			boolean existed = this.existed || owned.stream().anyMatch(CompletableFuture::join);
			return new Attempt(mark, this.options.start() == GroupOptions.Start.LATEST && !existed).makeFrom(0, all);
		});
	}

	/**
	 * Hold the claim for some more seconds, or fail if another member has it.
	 */
	private CompletableFuture<@Nullable Void> holdClaim() {
		return ask(PATIENCE_MILLIS).thenApply((answer) -> {
			check(answer.equals(MINE));
			return null;
		});
	}

	private static void check(boolean mine) {
		if (!mine) {
			throw new OvertakenException();
		}
	}

	/**
	 * One attempt to make the group.
	 */
	private final class Attempt {

		private final String mark;

		/** Whether the group begins with what is published from now on. */
		private final boolean now;

		Attempt(String mark, boolean now) {
			this.mark = mark;
			this.now = now;
		}

		CompletableFuture<@Nullable Void> makeFrom(int lane, List<GroupProgress> all) {
			if (lane == all.size()) {
				return CompletableFuture.completedFuture(null);
			}
			LaneIndexReader reader = new LaneIndexReader(GroupMaker.this.calls, GroupMaker.this.lanes.recent(lane), 0);
			return pages(reader, all.get(lane)).thenCompose((nothing) -> makeFrom(lane + 1, all));
		}

		/**
		 * Look at the channels of a lane. The claim is held before each page, however
		 * slow Redis is, so that no other member begins as long as this one goes on.
		 */
		private CompletableFuture<@Nullable Void> pages(LaneIndexReader reader, GroupProgress progress) {
			return holdClaim().thenCompose((held) -> reader.next(GroupMaker.this.options.channels(), PAGE))
				.thenCompose((page) -> note(page.channels(), progress).thenCompose((nothing) -> page.last()
						? CompletableFuture.<@Nullable Void>completedFuture(null) : pages(reader, progress)));
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
						: progress.note(this.mark, begins, this.now))
				.thenAccept(GroupMaker::check);
		}

		private CompletableFuture<Position> begin(String channel) {
			return GroupMaker.this.calls.reported(findBegin(channel));
		}

		private CompletableFuture<Position> findBegin(String channel) {
			ChannelLog log = GroupMaker.this.log.get();
			if (log == null) {
				return CompletableFuture.failedFuture(new RelayUnavailableException(RedisRelay.NAME, null));
			}
			if (this.now) {
				return log.position(channel);
			}
			return log.read(channel, null, ONE, ReadDirection.FORWARD).thenApply((page) -> {
				List<Publication> first = page.publications();
				Position position = first.isEmpty() ? null : first.get(0).position();
				return (position != null) ? new Position(position.epoch(), position.offset() - 1) : page.end();
			});
		}

	}

	/**
	 * Another member makes the group or has a lane of it, which happens if this one was
	 * slow.
	 */
	private static final class OvertakenException extends RuntimeException {

		OvertakenException() {
			super("Another member makes the group, or has a lane of it");
		}

	}

}
