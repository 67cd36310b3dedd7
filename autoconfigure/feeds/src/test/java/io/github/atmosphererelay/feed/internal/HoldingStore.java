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

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

import io.github.atmosphererelay.state.StateEntry;
import io.github.atmosphererelay.state.StateResult;
import io.github.atmosphererelay.state.StateStore;
import io.github.atmosphererelay.state.internal.MemoryStateStore;

/**
 * A store whose writes are held.
 */
final class HoldingStore implements StateStore {

	private final MemoryStateStore memory = new MemoryStateStore(1024 * 1024, 100_000, Duration.ofHours(1));

	private final CountDownLatch writing;

	private final CountDownLatch held;

	/**
	 * Create a store.
	 * @param writing is counted down by a write
	 * @param held is awaited by writes
	 */
	HoldingStore(CountDownLatch writing, CountDownLatch held) {
		this.writing = writing;
		this.held = held;
	}

	@Override
	public String name() {
		return "holding";
	}

	@Override
	public int maxValueBytes() {
		return this.memory.maxValueBytes();
	}

	@Override
	public List<StateResult> putIfNewer(String space, List<StateEntry> entries) {
		this.writing.countDown();
		try {
			this.held.await();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		return this.memory.putIfNewer(space, entries);
	}

	@Override
	public Map<String, StateEntry> find(String space, Collection<String> keys) {
		return this.memory.find(space, keys);
	}

}
