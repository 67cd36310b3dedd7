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

import java.util.List;
import java.util.Map;
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
			return this.lanes.computeIfAbsent(lane, Lane::new);
		}

		@Override
		public void assigned(GroupLane lane) {
			this.listener.assigned(lane(lane));
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

		private Lane(GroupLane lane) {
			this.lane = lane;
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
			return call(FailingGroups.this.reads, () -> this.lane.read(limit));
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
			return call(FailingGroups.this.commits, () -> this.lane.commit(handled));
		}

		@Override
		public CompletableFuture<@Nullable Void> setAside(SetAsideMessage message) {
			return call(FailingGroups.this.asides, () -> this.lane.setAside(message));
		}

		@Override
		public CompletableFuture<Long> lag() {
			return this.lane.lag();
		}

		@Override
		public void release() {
			this.lane.release();
		}

	}

}
