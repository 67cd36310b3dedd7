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

package io.github.atmosphererelay.contract;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

import io.github.atmosphererelay.message.ChannelItem;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.relay.ConsumerGroups;
import io.github.atmosphererelay.relay.GroupLane;
import io.github.atmosphererelay.relay.GroupLaneListener;
import io.github.atmosphererelay.relay.GroupMembership;
import io.github.atmosphererelay.relay.GroupOptions;
import io.github.atmosphererelay.relay.PageLimit;
import io.github.atmosphererelay.relay.RelayException;
import io.github.atmosphererelay.test.MachineTime;
import org.jspecify.annotations.Nullable;

/**
 * A member of a group in the contract tests: it reads when a test says so, and keeps what
 * it has read.
 */
public final class GroupMember implements GroupLaneListener {

	private static final Duration LIMIT = Duration.ofSeconds(45);

	private final Set<GroupLane> lanes = ConcurrentHashMap.newKeySet();

	private final Set<GroupLane> revoked = ConcurrentHashMap.newKeySet();

	private final Set<GroupLane> available = ConcurrentHashMap.newKeySet();

	private final List<ChannelItem> items = new ArrayList<>();

	private final Map<String, GroupLane> laneOf = new HashMap<>();

	private @Nullable GroupMembership membership;

	static GroupMember join(RelayNode node, GroupOptions options) {
		GroupMember member = new GroupMember();
		ConsumerGroups groups = Objects.requireNonNull(node.relay().groups(), "The relay has no groups");
		member.membership = groups.join(options, member);
		return member;
	}

	@Override
	public void assigned(GroupLane lane) {
		this.lanes.add(lane);
	}

	@Override
	public void revoked(GroupLane lane) {
		this.revoked.add(lane);
	}

	@Override
	public void lost(GroupLane lane) {
		this.lanes.remove(lane);
	}

	@Override
	public void available(GroupLane lane) {
		this.available.add(lane);
	}

	Set<GroupLane> lanes() {
		return Set.copyOf(this.lanes);
	}

	boolean isAvailable(GroupLane lane) {
		return this.available.contains(lane);
	}

	/**
	 * Give the lanes away that another member is to have.
	 */
	void releaseRevoked() {
		for (GroupLane lane : this.revoked) {
			if (this.lanes.remove(lane)) {
				lane.release();
			}
		}
	}

	void release(GroupLane lane) {
		this.lanes.remove(lane);
		lane.release();
	}

	void leave() {
		Objects.requireNonNull(this.membership).leave();
		this.lanes.clear();
	}

	/**
	 * Read each lane once.
	 */
	void readOnce() {
		for (GroupLane lane : lanes()) {
			List<ChannelItem> page = get(lane.read(PageLimit.of(7)));
			page.forEach((item) -> this.laneOf.put(item.channel(), lane));
			this.items.addAll(page);
		}
	}

	/**
	 * Read until there are that many items, and then once more.
	 */
	GroupMember read(int count) {
		return read(count, LIMIT);
	}

	GroupMember read(int count, Duration limit) {
		MachineTime.await(limit).alias("items of a group").until(() -> {
			readOnce();
			return this.items.size() >= count;
		});
		readOnce();
		return this;
	}

	void readUntil(BooleanSupplier condition) {
		MachineTime.await(LIMIT).alias("items of a group").until(() -> {
			readOnce();
			return condition.getAsBoolean();
		});
	}

	List<ChannelItem> items() {
		return List.copyOf(this.items);
	}

	/**
	 * Return what was read of a channel.
	 */
	List<Publication> publications(String channel) {
		return this.items.stream()
			.filter((item) -> item.channel().equals(channel))
			.filter(Publication.class::isInstance)
			.map(Publication.class::cast)
			.toList();
	}

	List<String> texts(String channel) {
		return publications(channel).stream().map((publication) -> publication.payload().asText()).toList();
	}

	GroupLane laneOf(String channel) {
		return Objects.requireNonNull(this.laneOf.get(channel));
	}

	void commit(String channel, int count) {
		Position position = Objects.requireNonNull(publications(channel).get(count - 1).position());
		get(laneOf(channel).commit(Map.of(channel, position)));
	}

	long lag() {
		return lanes().stream().mapToLong((lane) -> get(lane.lag())).sum();
	}

	/**
	 * Wait for an answer. While the relay cannot be reached, this fails as the answer
	 * does.
	 */
	static <T> T get(CompletableFuture<T> answer) {
		try {
			return answer.orTimeout(30, TimeUnit.SECONDS).join();
		}
		catch (CompletionException ex) {
			if (ex.getCause() instanceof RelayException failure) {
				throw failure;
			}
			throw ex;
		}
	}

}
