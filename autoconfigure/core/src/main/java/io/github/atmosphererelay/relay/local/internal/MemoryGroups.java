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

package io.github.atmosphererelay.relay.local.internal;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

import io.github.atmosphererelay.relay.ConsumerGroups;
import io.github.atmosphererelay.relay.GroupLaneListener;
import io.github.atmosphererelay.relay.GroupMembership;
import io.github.atmosphererelay.relay.GroupOptions;
import io.github.atmosphererelay.relay.SetAsideMessage;
import io.github.atmosphererelay.relay.SetAsideMessages;
import org.jspecify.annotations.Nullable;

/**
 * The groups of logs in memory. Groups live as long as the logs. Thread-safe.
 */
final class MemoryGroups implements ConsumerGroups, SetAsideMessages {

	private final Map<String, MemoryGroup> groups = new ConcurrentHashMap<>();

	private final MemoryLogs logs;

	MemoryGroups(MemoryLogs logs) {
		this.logs = logs;
	}

	@Override
	public GroupMembership join(GroupOptions options, GroupLaneListener listener) {
		return this.groups.computeIfAbsent(options.name(), (name) -> new MemoryGroup(options, this.logs))
			.join(options, listener);
	}

	/**
	 * Note that a publication was appended to a channel's log.
	 */
	void appended(String channel) {
		if (!this.groups.isEmpty()) {
			this.groups.values().forEach((group) -> group.appended(channel));
		}
	}

	/**
	 * Forget all groups.
	 */
	void clear() {
		List<MemoryGroup> former = new ArrayList<>(this.groups.values());
		this.groups.clear();
		former.forEach(MemoryGroup::end);
	}

	@Override
	public SetAsideMessages setAside() {
		return this;
	}

	@Override
	public CompletableFuture<Long> count(String group) {
		MemoryGroup found = this.groups.get(group);
		return CompletableFuture.completedFuture((found != null) ? found.setAsideCount() : 0L);
	}

	@Override
	public CompletableFuture<List<SetAsideMessage>> list(String group, long offset, int limit) {
		MemoryGroup found = this.groups.get(group);
		List<SetAsideMessage> all = (found != null) ? found.setAside() : List.of();
		return CompletableFuture.completedFuture(all.stream().skip(offset).limit(limit).toList());
	}

	@Override
	public CompletableFuture<@Nullable SetAsideMessage> find(String group, UUID id) {
		MemoryGroup found = this.groups.get(group);
		return CompletableFuture.completedFuture((found != null) ? found.findSetAside(id) : null);
	}

	@Override
	public CompletableFuture<Boolean> remove(String group, UUID id) {
		MemoryGroup found = this.groups.get(group);
		return CompletableFuture.completedFuture(found != null && found.removeSetAside(id));
	}

}
