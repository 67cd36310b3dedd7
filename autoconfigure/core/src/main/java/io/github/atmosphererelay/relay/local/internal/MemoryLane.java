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
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

import io.github.atmosphererelay.message.ChannelItem;
import io.github.atmosphererelay.message.Discontinuity;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.relay.GroupLane;
import io.github.atmosphererelay.relay.LogPage;
import io.github.atmosphererelay.relay.PageLimit;
import io.github.atmosphererelay.relay.RelayException;
import io.github.atmosphererelay.relay.SetAsideMessage;
import org.jspecify.annotations.Nullable;

/**
 * A lane of a group of logs in memory, as long as it has one owner. Its state is guarded
 * by the lock of its group.
 */
final class MemoryLane implements GroupLane {

	private final MemoryGroup group;

	private final MemoryLogs logs;

	private final MemoryGroup.Member member;

	private final int number;

	private final long token;

	/** How far each channel was read, if it was read. */
	private final Map<String, Position> read = new HashMap<>();

	/** The channels that may have something to read, the next one first. */
	private final Set<String> ready = new LinkedHashSet<>();

	private final Set<String> paused = new HashSet<>();

	private boolean idle;

	private boolean revoked;

	MemoryLane(MemoryGroup group, MemoryLogs logs, MemoryGroup.Member member, int number, long token) {
		this.group = group;
		this.logs = logs;
		this.member = member;
		this.number = number;
		this.token = token;
	}

	@Override
	public int number() {
		return this.number;
	}

	@Override
	public long token() {
		return this.token;
	}

	MemoryGroup.Member member() {
		return this.member;
	}

	/**
	 * Note that the lane goes to another member. Called with the lock.
	 * @return {@code false} if it was noted before
	 */
	boolean revoke() {
		boolean first = !this.revoked;
		this.revoked = true;
		return first;
	}

	/**
	 * Note that there may be something to read in a channel, which may be one of another
	 * lane. Called with the lock.
	 * @return whether the owner has to be woken
	 */
	boolean appended(String channel) {
		if (!isMine(channel) || this.paused.contains(channel)) {
			return false;
		}
		this.ready.add(channel);
		boolean idle = this.idle;
		this.idle = false;
		return idle;
	}

	private boolean isMine(String channel) {
		return MemoryGroup.laneOf(channel) == this.number && this.member.handles(channel);
	}

	@Override
	public CompletableFuture<List<ChannelItem>> read(PageLimit limit) {
		return answer(() -> {
			List<ChannelItem> items = new ArrayList<>();
			long bytes = 0;
			while (!this.ready.isEmpty() && items.size() < limit.publications() && bytes < limit.bytes()) {
				String channel = this.ready.iterator().next();
				this.ready.remove(channel);
				bytes += read(channel, new PageLimit(limit.publications() - items.size(), limit.bytes() - bytes),
						items);
			}
			this.idle = items.isEmpty();
			return items;
		});
	}

	private long read(String channel, PageLimit limit, List<ChannelItem> items) {
		Position since = this.read.get(channel);
		if (since == null) {
			since = this.group.progress(channel);
		}
		LogPage page = this.logs.page(channel, since, limit);
		if (!page.complete()) {
			since = restart(channel, since, items);
			page = this.logs.page(channel, since, limit);
		}
		if (page.more() || !page.complete()) {
			this.ready.add(channel);
		}
		long bytes = 0;
		for (Publication publication : page.publications()) {
			items.add(publication);
			bytes += publication.payload().size();
			Position position = publication.position();
			since = (position != null) ? position : since;
		}
		this.read.put(channel, since);
		return bytes;
	}

	/**
	 * Find the position from which to read on in a log that was trimmed, or is a new one.
	 * A former log was discarded when it had been empty for long.
	 */
	private Position restart(String channel, Position since, List<ChannelItem> items) {
		Position beginning = this.logs.beginning(channel);
		long known = beginning.epoch().equals(since.epoch()) ? since.offset() : 0;
		if (beginning.offset() > known) {
			items.add(new Discontinuity(channel, Discontinuity.Reason.LOG_TRIMMED, beginning.offset() - known,
					beginning));
		}
		return beginning;
	}

	@Override
	public void pause(String channel, Position since) {
		synchronized (this.group) {
			this.paused.add(channel);
			this.ready.remove(channel);
			this.read.put(channel, since);
		}
	}

	@Override
	public void resume(String channel) {
		synchronized (this.group) {
			this.paused.remove(channel);
			this.ready.add(channel);
			this.idle = false;
		}
	}

	@Override
	public CompletableFuture<@Nullable Void> commit(Map<String, Position> handled) {
		return store(() -> this.group.handled(handled));
	}

	@Override
	public CompletableFuture<@Nullable Void> setAside(SetAsideMessage message) {
		return store(() -> this.group.setAside(message));
	}

	@Override
	public CompletableFuture<Long> lag() {
		return answer(() -> {
			long lag = 0;
			for (String channel : this.logs.channels()) {
				if (isMine(channel)) {
					Position handled = this.group.progress(channel);
					Position end = this.logs.end(channel);
					lag += end.offset() - (end.epoch().equals(handled.epoch()) ? handled.offset() : 0);
				}
			}
			return lag;
		});
	}

	@Override
	public void release() {
		this.group.release(this);
	}

	private <T> CompletableFuture<T> answer(Supplier<T> action) {
		synchronized (this.group) {
			try {
				this.group.check(this);
				return CompletableFuture.completedFuture(action.get());
			}
			catch (RelayException ex) {
				return CompletableFuture.failedFuture(ex);
			}
		}
	}

	private CompletableFuture<@Nullable Void> store(Runnable action) {
		synchronized (this.group) {
			try {
				this.group.check(this);
				action.run();
				return CompletableFuture.completedFuture(null);
			}
			catch (RelayException ex) {
				return CompletableFuture.failedFuture(ex);
			}
		}
	}

}
