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

package io.github.atmosphererelay.group.internal;

import java.util.AbstractList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

import io.github.atmosphererelay.message.ChannelItem;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.relay.ConsumerGroups;
import io.github.atmosphererelay.relay.GroupLane;
import io.github.atmosphererelay.relay.GroupLaneListener;
import io.github.atmosphererelay.relay.GroupMembership;
import io.github.atmosphererelay.relay.GroupOptions;
import io.github.atmosphererelay.relay.LaneLostException;
import io.github.atmosphererelay.relay.PageLimit;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import io.github.atmosphererelay.relay.SetAsideMessage;
import io.github.atmosphererelay.relay.SetAsideMessages;
import org.jspecify.annotations.Nullable;

/**
 * Groups whose broker cannot be reached for some of the first calls.
 */
final class FailingGroups implements ConsumerGroups {

	private final ConsumerGroups groups;

	/** How many reads, commits and messages set aside are still to fail. */
	final AtomicInteger reads = new AtomicInteger();

	final AtomicInteger commits = new AtomicInteger();

	final AtomicInteger asides = new AtomicInteger();

	final AtomicInteger lags = new AtomicInteger();

	/** How many pages of ten items or more still break at their sixth one. */
	final AtomicInteger pages = new AtomicInteger();

	private final Set<Lane> lanes = ConcurrentHashMap.newKeySet();

	FailingGroups(ConsumerGroups groups) {
		this.groups = groups;
	}

	@Override
	public GroupMembership join(GroupOptions group, GroupLaneListener listener) {
		return this.groups.join(group, new Listener(listener));
	}

	@Override
	public SetAsideMessages setAside() {
		return this.groups.setAside();
	}

	/**
	 * Have other members get all lanes, as if the leases of this one had ended.
	 * @param report whether the listener of the member is called at once; otherwise the
	 * member's next call fails
	 */
	void lose(boolean report) {
		for (Lane lane : List.copyOf(this.lanes)) {
			this.lanes.remove(lane);
			lane.lost = true;
			lane.lane.release();
			if (report) {
				lane.listener.lost(lane);
			}
		}
	}

	private List<ChannelItem> page(List<ChannelItem> items) {
		return (items.size() >= 10 && this.pages.getAndDecrement() > 0) ? new BreakingPage(items) : items;
	}

	private static <T> CompletableFuture<T> call(AtomicInteger failures, Supplier<CompletableFuture<T>> call) {
		return (failures.getAndDecrement() > 0)
				? CompletableFuture.failedFuture(new RelayUnavailableException("test", null)) : call.get();
	}

	/**
	 * Passes on lanes that fail.
	 */
	private final class Listener implements GroupLaneListener {

		private final Map<GroupLane, Lane> lanes = new ConcurrentHashMap<>();

		private final GroupLaneListener listener;

		private Listener(GroupLaneListener listener) {
			this.listener = listener;
		}

		private Lane lane(GroupLane lane) {
			return this.lanes.computeIfAbsent(lane, (each) -> new Lane(each, this.listener));
		}

		@Override
		public void assigned(GroupLane lane) {
			Lane assigned = lane(lane);
			FailingGroups.this.lanes.add(assigned);
			this.listener.assigned(assigned);
		}

		@Override
		public void revoked(GroupLane lane) {
			this.listener.revoked(lane(lane));
		}

		@Override
		public void lost(GroupLane lane) {
			this.listener.lost(lane(lane));
		}

		@Override
		public void available(GroupLane lane) {
			this.listener.available(lane(lane));
		}

	}

	/**
	 * A lane that fails.
	 */
	private final class Lane implements GroupLane {

		private final GroupLane lane;

		private final GroupLaneListener listener;

		private volatile boolean lost;

		private Lane(GroupLane lane, GroupLaneListener listener) {
			this.lane = lane;
			this.listener = listener;
		}

		private <T> CompletableFuture<T> unlessLost(AtomicInteger failures, Supplier<CompletableFuture<T>> call) {
			return this.lost ? CompletableFuture.failedFuture(new LaneLostException("billing", number(), token()))
					: FailingGroups.call(failures, call);
		}

		@Override
		public int number() {
			return this.lane.number();
		}

		@Override
		public long token() {
			return this.lane.token();
		}

		@Override
		public CompletableFuture<List<ChannelItem>> read(PageLimit limit) {
			return unlessLost(FailingGroups.this.reads,
					() -> this.lane.read(limit).thenApply(FailingGroups.this::page));
		}

		@Override
		public void pause(String channel, Position since) {
			this.lane.pause(channel, since);
		}

		@Override
		public void resume(String channel) {
			this.lane.resume(channel);
		}

		@Override
		public CompletableFuture<@Nullable Void> commit(Map<String, Position> handled) {
			return unlessLost(FailingGroups.this.commits, () -> this.lane.commit(handled));
		}

		@Override
		public CompletableFuture<@Nullable Void> setAside(SetAsideMessage message) {
			return unlessLost(FailingGroups.this.asides, () -> this.lane.setAside(message));
		}

		@Override
		public CompletableFuture<Long> lag() {
			return unlessLost(FailingGroups.this.lags, this.lane::lag);
		}

		@Override
		public void release() {
			this.lane.release();
		}

	}

	/**
	 * A page during which memory becomes short.
	 */
	private static final class BreakingPage extends AbstractList<ChannelItem> {

		private final List<ChannelItem> items;

		private BreakingPage(List<ChannelItem> items) {
			this.items = items;
		}

		@Override
		public ChannelItem get(int index) {
			if (index == 5) {
				throw new OutOfMemoryError("expected");
			}
			return this.items.get(index);
		}

		@Override
		public int size() {
			return this.items.size();
		}

	}

}
