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

package io.github.atmosphererelay.relay.kafka.internal;

import java.io.PrintStream;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

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
 * Groups of a node that tells what the broker has confirmed to be committed.
 *
 * @param groups the groups
 * @param out receives a line for each event
 */
record TellingGroups(ConsumerGroups groups, PrintStream out) implements ConsumerGroups {

	@Override
	public GroupMembership join(GroupOptions group, GroupLaneListener listener) {
		Map<GroupLane, GroupLane> lanes = new ConcurrentHashMap<>();
		return this.groups.join(group, new GroupLaneListener() {

			@Override
			public void assigned(GroupLane lane) {
				listener.assigned(telling(lane));
			}

			@Override
			public void revoked(GroupLane lane) {
				listener.revoked(telling(lane));
			}

			@Override
			public void lost(GroupLane lane) {
				listener.lost(telling(lane));
			}

			@Override
			public void available(GroupLane lane) {
				listener.available(telling(lane));
			}

			private GroupLane telling(GroupLane lane) {
				return Objects.requireNonNull(
						lanes.computeIfAbsent(lane, (each) -> new TellingLane(each, TellingGroups.this.out)));
			}

		});
	}

	@Override
	public SetAsideMessages setAside() {
		return this.groups.setAside();
	}

	private record TellingLane(GroupLane lane, PrintStream out) implements GroupLane {

		@Override
		public int number() {
			return this.lane.number();
		}

		@Override
		public long token() {
			return this.lane.token();
		}

		@Override
		public boolean isHeld() {
			return this.lane.isHeld();
		}

		@Override
		public CompletableFuture<List<ChannelItem>> read(PageLimit limit) {
			return this.lane.read(limit);
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
			return this.lane.commit(handled).thenApply((committed) -> {
				handled.forEach((channel, position) -> this.out
					.println("committed " + channel + " " + position.offset() + " " + System.nanoTime()));
				return committed;
			});
		}

		@Override
		public CompletableFuture<@Nullable Void> setAside(SetAsideMessage message) {
			return this.lane.setAside(message);
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
