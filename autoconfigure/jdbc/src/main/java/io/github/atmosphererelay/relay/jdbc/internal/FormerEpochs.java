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

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

import io.github.atmosphererelay.jdbc.internal.ShardedLog;

/**
 * The epochs of all shards that had ended before the present ones, as far as this node
 * has seen them. One of them comes back when a backup is restored: its numbers then stand
 * for other rows than before. Only the newest {@value #MAX} of each shard are known. For
 * use by one thread.
 */
final class FormerEpochs {

	private static final int MAX = 100;

	private final List<Set<String>> shards = new ArrayList<>();

	FormerEpochs() {
		for (int shard = 0; shard < ShardedLog.SHARDS; shard++) {
			this.shards.add(new LinkedHashSet<>());
		}
	}

	void add(int shard, String epoch) {
		Set<String> epochs = this.shards.get(shard);
		epochs.add(epoch);
		if (epochs.size() > MAX) {
			epochs.remove(epochs.iterator().next());
		}
	}

	boolean contains(int shard, String epoch) {
		return this.shards.get(shard).contains(epoch);
	}

}
