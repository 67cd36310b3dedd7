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

package io.github.atmosphererelay.relay.jdbc.internal;

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
import java.util.concurrent.atomic.AtomicInteger;

import io.github.atmosphererelay.contract.RelayNode;
import io.github.atmosphererelay.message.ChannelItem;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.relay.GroupLane;
import io.github.atmosphererelay.relay.GroupLaneListener;
import io.github.atmosphererelay.relay.GroupMembership;
import io.github.atmosphererelay.relay.GroupOptions;
import io.github.atmosphererelay.relay.PageLimit;
import io.github.atmosphererelay.relay.RelayException;
import io.github.atmosphererelay.test.MachineTime;

/**
 * A member of a group that reads when a test says so.
 */
final class LaneReadings implements GroupLaneListener {

	private final Set<GroupLane> lanes = ConcurrentHashMap.newKeySet();

	private final List<ChannelItem> items = new ArrayList<>();

	private final Map<String, GroupLane> laneOf = new HashMap<>();

	private final AtomicInteger woken = new AtomicInteger();

	private final GroupMembership membership;

	LaneReadings(RelayNode node, String group, GroupOptions.Start start) {
		this.membership = Objects.requireNonNull(node.relay().groups())
			.join(new GroupOptions(group, (channel) -> channel.startsWith("orders/"), start), this);
	}

	@Override
	public void assigned(GroupLane lane) {
		this.lanes.add(lane);
	}

	@Override
	public void revoked(GroupLane lane) {
		this.lanes.remove(lane);
		lane.release();
	}

	@Override
	public void lost(GroupLane lane) {
		this.lanes.remove(lane);
	}

	@Override
	public void available(GroupLane lane) {
		this.woken.incrementAndGet();
	}

	/**
	 * Return how often there was something to read.
	 */
	int woken() {
		return this.woken.get();
	}

	Set<GroupLane> lanes() {
		return Set.copyOf(this.lanes);
	}

	void leave() {
		this.membership.leave();
	}

	/**
	 * Read until there are that many items, and then once more.
	 */
	LaneReadings read(int count) {
		MachineTime.await(Duration.ofSeconds(45)).alias("items of a group").until(() -> {
			readOnce();
			return this.items.size() >= count;
		});
		readOnce();
		return this;
	}

	void readOnce() {
		for (GroupLane lane : lanes()) {
			List<ChannelItem> page = get(lane.read(PageLimit.of(7)));
			page.forEach((item) -> this.laneOf.put(item.channel(), lane));
			this.items.addAll(page);
		}
	}

	List<ChannelItem> items() {
		return List.copyOf(this.items);
	}

	List<String> texts(String channel) {
		return this.items.stream()
			.filter((item) -> item.channel().equals(channel))
			.filter(Publication.class::isInstance)
			.map((item) -> ((Publication) item).payload().asText())
			.toList();
	}

	GroupLane laneOf(String channel) {
		return Objects.requireNonNull(this.laneOf.get(channel));
	}

	/**
	 * Commit an item.
	 */
	void commit(ChannelItem item) {
		get(laneOf(item.channel()).commit(Map.of(item.channel(), Objects.requireNonNull(item.position()))));
	}

	long lag() {
		return lanes().stream().mapToLong((lane) -> get(lane.lag())).sum();
	}

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
