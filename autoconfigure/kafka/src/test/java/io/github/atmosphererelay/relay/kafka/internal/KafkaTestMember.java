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

import io.github.atmosphererelay.message.ChannelItem;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.relay.ClusterRelay;
import io.github.atmosphererelay.relay.GroupLane;
import io.github.atmosphererelay.relay.GroupLaneListener;
import io.github.atmosphererelay.relay.GroupMembership;
import io.github.atmosphererelay.relay.GroupOptions;
import io.github.atmosphererelay.relay.PageLimit;
import io.github.atmosphererelay.test.MachineTime;
import org.jspecify.annotations.Nullable;

/**
 * A member of a group that reads when a test says so, and gives away what others are to
 * have at once.
 */
final class KafkaTestMember implements GroupLaneListener {

	private static final Duration LIMIT = Duration.ofSeconds(40);

	private final Set<GroupLane> lanes = ConcurrentHashMap.newKeySet();

	private final List<ChannelItem> items = new ArrayList<>();

	private final Map<String, GroupLane> laneOf = new HashMap<>();

	private final AtomicInteger lost = new AtomicInteger();

	private @Nullable GroupMembership membership;

	static KafkaTestMember join(ClusterRelay relay, GroupOptions options) {
		KafkaTestMember member = new KafkaTestMember();
		member.membership = Objects.requireNonNull(relay.groups()).join(options, member);
		return member;
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
		this.lost.incrementAndGet();
	}

	@Override
	public void available(GroupLane lane) {
	}

	Set<GroupLane> lanes() {
		return this.lanes;
	}

	int lost() {
		return this.lost.get();
	}

	KafkaTestMember awaitLanes() {
		MachineTime.await(LIMIT).until(() -> this.lanes.size() == KafkaTestBroker.PARTITIONS);
		return this;
	}

	/**
	 * Read until there are that many items, and then once more.
	 */
	KafkaTestMember read(int count) {
		MachineTime.await(LIMIT).alias("items of a group").until(() -> {
			readOnce();
			return this.items.size() >= count;
		});
		readOnce();
		return this;
	}

	/**
	 * Read once from the lanes that can be read.
	 */
	KafkaTestMember readIfPossible() {
		for (GroupLane lane : this.lanes) {
			try {
				readOnce(lane);
			}
			catch (CompletionException ex) {
				// Lost, or not readable at present
			}
		}
		return this;
	}

	private void readOnce() {
		this.lanes.forEach(this::readOnce);
	}

	private void readOnce(GroupLane lane) {
		List<ChannelItem> page = lane.read(PageLimit.of(20)).orTimeout(20, TimeUnit.SECONDS).join();
		page.forEach((item) -> this.laneOf.put(item.channel(), lane));
		this.items.addAll(page);
	}

	List<ChannelItem> items() {
		return this.items;
	}

	List<Publication> publications(String channel) {
		return this.items.stream()
			.filter((item) -> item.channel().equals(channel))
			.filter(Publication.class::isInstance)
			.map(Publication.class::cast)
			.toList();
	}

	List<String> texts() {
		return this.items.stream()
			.filter(Publication.class::isInstance)
			.map((item) -> ((Publication) item).payload().asText())
			.toList();
	}

	GroupLane laneOf(String channel) {
		return Objects.requireNonNull(this.laneOf.get(channel));
	}

	CompletableFuture<@Nullable Void> startCommit(String channel, int count) {
		ChannelItem last = this.items.stream()
			.filter((item) -> item.channel().equals(channel))
			.skip(count - 1)
			.findFirst()
			.orElseThrow();
		return laneOf(channel).commit(Map.of(channel, Objects.requireNonNull(last.position())));
	}

	void commit(String channel, int count) {
		startCommit(channel, count).orTimeout(20, TimeUnit.SECONDS).join();
	}

	void leave() {
		Objects.requireNonNull(this.membership).leave();
	}

}
