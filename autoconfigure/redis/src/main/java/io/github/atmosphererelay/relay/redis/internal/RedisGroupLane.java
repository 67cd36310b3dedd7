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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

import io.github.atmosphererelay.guard.internal.Failures;
import io.github.atmosphererelay.message.ChannelItem;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.relay.GroupLane;
import io.github.atmosphererelay.relay.LaneLostException;
import io.github.atmosphererelay.relay.PageLimit;
import io.github.atmosphererelay.relay.RelayException;
import io.github.atmosphererelay.relay.SetAsideMessage;
import org.jspecify.annotations.Nullable;

/**
 * A lane of a group on Redis, as long as it belongs to a member of this node.
 */
final class RedisGroupLane implements GroupLane {

	/** How many logs are read at once. */
	private static final int MAX_CHANNELS = 8;

	private final RedisGroupMember member;

	private final int number;

	private final long token;

	private final GroupProgress progress;

	private final RedisSetAside setAside;

	private final LaneBegins begins;

	private final LaneReader reader;

	private final LaneChannels channels = new LaneChannels();

	private final LaneRounds rounds;

	private volatile boolean ended;

	/** Until when no other member can get the lane, in {@code System.nanoTime()}. */
	private volatile long heldUntil;

	/** Whether the owner has been asked to release the lane; guarded by the member. */
	private boolean revoked;

	RedisGroupLane(RedisGroupMember member, int number, long token, long checked, long heldUntil,
			GroupProgress progress, RedisSetAside setAside, RedisLog log, LanePace pace, GroupCalls calls,
			RedisLanes lanes) {
		this.member = member;
		this.number = number;
		this.token = token;
		this.heldUntil = heldUntil;
		this.progress = progress;
		this.setAside = setAside;
		this.begins = new LaneBegins(progress, log);
		this.reader = new LaneReader(log);
		this.rounds = new LaneRounds(pace, calls, lanes, number, member::handles, progress, this.begins, token, checked,
				log, this.channels, this::wake);
	}

	@Override
	public int number() {
		return this.number;
	}

	@Override
	public long token() {
		return this.token;
	}

	/**
	 * Note that the lane is to go to another member.
	 * @return {@code false} if it was noted before
	 */
	boolean revoke() {
		boolean first = !this.revoked;
		this.revoked = true;
		return first;
	}

	boolean isRevoked() {
		return this.revoked;
	}

	/**
	 * End, because the lane does not belong to this member any more.
	 */
	void end() {
		this.ended = true;
		this.rounds.firstPage().completeExceptionally(this.progress.lost(this.token));
	}

	void tick() {
		if (!this.ended) {
			this.rounds.run();
		}
	}

	/**
	 * Look at the index again, because announcements may have been lost.
	 */
	void announcementsMissed() {
		if (!this.ended) {
			this.rounds.request();
		}
	}

	/**
	 * Note an append.
	 */
	void appended(AppendNotice notice) {
		if (!this.ended && this.member.handles(notice.channel())
				&& this.channels.appended(notice.channel(), notice.position())) {
			wake();
		}
	}

	private void wake() {
		this.member.available(this);
	}

	@Override
	public boolean isHeld() {
		return !this.ended && System.nanoTime() - this.heldUntil < 0;
	}

	/**
	 * Renew the lease.
	 * @return whether the lane belongs to this member still
	 */
	CompletableFuture<Boolean> renew(Duration lease) {
		long until = System.nanoTime() + lease.toNanos();
		return this.progress.renew(this.token, lease.toMillis()).thenApply((mine) -> {
			if (mine) {
				this.heldUntil = until;
			}
			return mine;
		});
	}

	CompletableFuture<?> giveBack() {
		return this.progress.release(this.token);
	}

	@Override
	public CompletableFuture<List<ChannelItem>> read(PageLimit limit) {
		if (this.ended) {
			return CompletableFuture.failedFuture(this.progress.lost(this.token));
		}
		List<LaneChannels.Reading> taken = this.channels.take(Math.min(MAX_CHANNELS, limit.publications()));
		if (taken.isEmpty()) {
			this.rounds.run();
			return CompletableFuture.completedFuture(List.of());
		}
		CompletableFuture<List<ChannelItem>> page;
		try {
			page = load(taken).thenCompose((known) -> read(known, limit));
		}
		catch (RuntimeException | Error ex) {
			page = CompletableFuture.failedFuture(ex);
		}
		return page.handle((items, ex) -> {
			if (ex != null) {
				taken.forEach((each) -> this.channels.notRead(each.channel()));
				return CompletableFuture.<List<ChannelItem>>failedFuture(Failures.unwrap(ex));
			}
			// Nothing was found in these channels, but there are others
			return items.isEmpty() ? read(limit) : CompletableFuture.completedFuture(items);
		}).thenCompose((result) -> result);
	}

	private CompletableFuture<List<LaneChannels.Reading>> load(List<LaneChannels.Reading> taken) {
		List<String> unknown = taken.stream()
			.filter((each) -> !each.loaded())
			.map(LaneChannels.Reading::channel)
			.toList();
		return this.begins.load(unknown).thenApply((loaded) -> {
			unknown.forEach((channel) -> this.channels.loaded(channel, loaded.get(channel)));
			return taken.stream()
				.map((each) -> each.loaded() ? each
						: new LaneChannels.Reading(each.channel(), loaded.get(each.channel()), true))
				.toList();
		});
	}

	/**
	 * Read channels. Those that cannot be read now are read later, unless all fail.
	 */
	private CompletableFuture<List<ChannelItem>> read(List<LaneChannels.Reading> taken, PageLimit limit) {
		PageLimit each = new PageLimit(limit.publications() / taken.size(), Math.max(1, limit.bytes() / taken.size()));
		Map<String, LaneReader.Part> parts = new ConcurrentHashMap<>();
		List<Throwable> failures = new ArrayList<>();
		List<CompletableFuture<?>> readings = new ArrayList<>();
		for (LaneChannels.Reading reading : taken) {
			readings.add(this.reader.read(reading.channel(), reading.since(), each).handle((part, ex) -> {
				if (part != null) {
					parts.put(reading.channel(), part);
				}
				else {
					synchronized (failures) {
						failures.add(Failures.unwrap(ex));
					}
				}
				return null;
			}));
		}
		return GroupCalls.all(readings).thenApply((nothing) -> {
			if (parts.isEmpty()) {
				throw failure(failures);
			}
			return take(taken, parts);
		});
	}

	private static RelayException failure(List<Throwable> failures) {
		for (Throwable failure : failures) {
			if (failure instanceof RelayException found) {
				return found;
			}
		}
		throw new IllegalStateException("Logs could not be read", failures.get(0));
	}

	private List<ChannelItem> take(List<LaneChannels.Reading> taken, Map<String, LaneReader.Part> parts) {
		List<ChannelItem> items = new ArrayList<>();
		for (LaneReader.Part part : parts.values()) {
			items.addAll(part.items());
		}
		Map<String, Position> moved = new HashMap<>();
		for (LaneChannels.Reading reading : taken) {
			LaneReader.Part part = parts.get(reading.channel());
			if (part == null) {
				this.channels.notRead(reading.channel());
				continue;
			}
			Position position = this.channels.read(reading.channel(), part);
			if (position != null) {
				moved.put(reading.channel(), position);
			}
		}
		if (!moved.isEmpty()) {
			// If this fails, the next owner finds out the same
			this.progress.commit(this.token, moved);
		}
		return items;
	}

	@Override
	public void pause(String channel, Position since) {
		this.channels.pause(channel, since);
	}

	@Override
	public void resume(String channel) {
		this.channels.resume(channel);
	}

	@Override
	public CompletableFuture<@Nullable Void> commit(Map<String, Position> handled) {
		return fenced(this.progress.commit(this.token, handled)
			.thenAccept((nothing) -> this.channels.committed(handled))
			.thenApply((nothing) -> null));
	}

	@Override
	public CompletableFuture<@Nullable Void> setAside(SetAsideMessage message) {
		return fenced(this.setAside.put(message, this.number, this.member.id(), this.token, this.progress));
	}

	private CompletableFuture<@Nullable Void> fenced(CompletableFuture<@Nullable Void> stored) {
		return stored.whenComplete((nothing, ex) -> {
			if (Failures.unwrap(ex) instanceof LaneLostException) {
				this.member.lost(this);
			}
		});
	}

	@Override
	public CompletableFuture<Long> lag() {
		return this.rounds.firstPage().thenApply((nothing) -> this.channels.lag());
	}

	@Override
	public void release() {
		this.member.release(this);
	}

	@Override
	public String toString() {
		return "lane " + this.number + " of the group '" + this.member.group() + "'";
	}

}
