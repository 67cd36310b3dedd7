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

package io.github.atmosphererelay.testkit;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

import io.github.atmosphererelay.message.ChannelItem;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.relay.ConsumerGroups;
import io.github.atmosphererelay.relay.GroupLane;
import io.github.atmosphererelay.relay.GroupLaneListener;
import io.github.atmosphererelay.relay.GroupMembership;
import io.github.atmosphererelay.relay.GroupOptions;
import io.github.atmosphererelay.relay.PageLimit;
import io.github.atmosphererelay.relay.SetAsideMessage;
import io.github.atmosphererelay.relay.SetAsideMessages;
import org.jspecify.annotations.Nullable;

/**
 * The consumer groups of a {@link MemoryBroker} as one node sees them: they cannot be
 * reached while the broker is away. For any thread.
 */
final class MemoryRelayGroups implements ConsumerGroups, SetAsideMessages {

	private final ConsumerGroups groups;

	private final BooleanSupplier away;

	private final Set<GroupMembership> memberships = ConcurrentHashMap.newKeySet();

	MemoryRelayGroups(ConsumerGroups groups, BooleanSupplier away) {
		this.groups = groups;
		this.away = away;
	}

	@Override
	public GroupMembership join(GroupOptions group, GroupLaneListener listener) {
		GroupMembership membership = this.groups.join(group, new Listener(listener));
		this.memberships.add(membership);
		return membership;
	}

	/**
	 * End all memberships, because the relay stops.
	 */
	void leave() {
		for (GroupMembership membership : this.memberships) {
			membership.leave();
			this.memberships.remove(membership);
		}
	}

	private <T> CompletableFuture<T> ask(Supplier<CompletableFuture<T>> question) {
		return this.away.getAsBoolean() ? MemoryBroker.unavailable() : question.get();
	}

	@Override
	public SetAsideMessages setAside() {
		return this;
	}

	@Override
	public CompletableFuture<Long> count(String group) {
		return ask(() -> this.groups.setAside().count(group));
	}

	@Override
	public CompletableFuture<List<SetAsideMessage>> list(String group, long offset, int limit) {
		return ask(() -> this.groups.setAside().list(group, offset, limit));
	}

	@Override
	public CompletableFuture<@Nullable SetAsideMessage> find(String group, UUID id) {
		return ask(() -> this.groups.setAside().find(group, id));
	}

	@Override
	public CompletableFuture<Boolean> remove(String group, UUID id) {
		return ask(() -> this.groups.setAside().remove(group, id));
	}

	/**
	 * Passes on lanes that cannot be reached while the broker is away.
	 */
	private final class Listener implements GroupLaneListener {

		private final Map<GroupLane, Lane> lanes = new ConcurrentHashMap<>();

		private final GroupLaneListener listener;

		private Listener(GroupLaneListener listener) {
			this.listener = listener;
		}

		private Lane lane(GroupLane lane) {
			return this.lanes.computeIfAbsent(lane, (each) -> new Lane(each, this));
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
			Lane lost = this.lanes.remove(lane);
			if (lost != null) {
				this.listener.lost(lost);
			}
		}

		@Override
		public void available(GroupLane lane) {
			this.listener.available(lane(lane));
		}

	}

	/**
	 * A lane that cannot be reached while the broker is away.
	 */
	private final class Lane implements GroupLane {

		private final GroupLane lane;

		private final Listener listener;

		private Lane(GroupLane lane, Listener listener) {
			this.lane = lane;
			this.listener = listener;
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
			return ask(() -> this.lane.read(limit));
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
			return ask(() -> this.lane.commit(handled));
		}

		@Override
		public CompletableFuture<@Nullable Void> setAside(SetAsideMessage message) {
			return ask(() -> this.lane.setAside(message));
		}

		@Override
		public CompletableFuture<Long> lag() {
			return ask(this.lane::lag);
		}

		@Override
		public void release() {
			this.listener.lanes.remove(this.lane);
			this.lane.release();
		}

	}

}
