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

package io.github.atmosphererelay.feed.internal;

import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

import org.jspecify.annotations.Nullable;

/**
 * What this process does for a feed that is redistributed or routed: it receives what its
 * own sessions want, and may be one of the redistributors.
 */
final class RedistributedInput implements FeedInput {

	private final SharedInput shared;

	private final @Nullable Redistributor redistributor;

	private final Runnable receive;

	/**
	 * Create an input.
	 * @param receive begins to receive, if that was not done yet
	 */
	RedistributedInput(SharedInput shared, @Nullable Redistributor redistributor, Runnable receive) {
		this.shared = shared;
		this.redistributor = redistributor;
		this.receive = receive;
	}

	@Override
	public void start(FeedSink sink) {
		this.shared.start(sink);
		if (this.redistributor != null) {
			this.redistributor.start();
		}
	}

	@Override
	public void stop() {
		if (this.redistributor != null) {
			this.redistributor.stop();
		}
		this.shared.stop();
	}

	@Override
	public CompletableFuture<@Nullable Void> subscribe(String channel) {
		this.receive.run();
		return this.shared.subscribe(channel);
	}

	@Override
	public void unsubscribe(String channel) {
		this.shared.unsubscribe(channel);
	}

	@Override
	public boolean isUp() {
		return this.shared.isUp();
	}

	@Override
	public @Nullable TopicInfo topic() {
		return this.shared.topic();
	}

	@Override
	public @Nullable PartitionPlace place(int partition) {
		return this.shared.place(partition);
	}

	@Override
	public @Nullable UUID owner(int partition) {
		return this.shared.owner(partition);
	}

	@Override
	public @Nullable RecoveryMemory memory(int partition, PartitionPlace place) {
		return (this.redistributor != null) ? this.redistributor.memory(partition, place) : null;
	}

	@Override
	public long lag() {
		return (this.redistributor != null) ? this.redistributor.lag() : 0;
	}

	@Override
	public Set<Integer> redistributed() {
		return (this.redistributor != null) ? this.redistributor.partitions() : Set.of();
	}

}
