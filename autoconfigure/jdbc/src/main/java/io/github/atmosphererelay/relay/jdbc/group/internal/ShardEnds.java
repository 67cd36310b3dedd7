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

package io.github.atmosphererelay.relay.jdbc.group.internal;

import java.util.concurrent.atomic.AtomicReferenceArray;

import io.github.atmosphererelay.jdbc.internal.ShardedLog;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import org.jspecify.annotations.Nullable;

/**
 * Up to where the relay's reader can see the shards. For any thread.
 */
final class ShardEnds {

	private final AtomicReferenceArray<@Nullable Position> ends = new AtomicReferenceArray<>(ShardedLog.SHARDS);

	/** The same as of the last time when rows of recorded channels may have come. */
	private final AtomicReferenceArray<@Nullable Position> recordedEnds = new AtomicReferenceArray<>(ShardedLog.SHARDS);

	/**
	 * Return the end of a shard up to which all rows can be seen, or {@code null} if it
	 * is not known yet.
	 */
	@Nullable Position end(int shard) {
		return this.ends.get(shard);
	}

	/**
	 * Return the end of a shard up to which all rows can be seen.
	 * @throws RelayUnavailableException if it is not known yet
	 */
	Position known(int shard) {
		Position end = end(shard);
		if (end == null) {
			throw new RelayUnavailableException("jdbc", null);
		}
		return end;
	}

	/**
	 * Note up to where a shard can be seen.
	 * @param quiet whether there are no rows of recorded channels among those that were
	 * read since the last call
	 */
	void seen(int shard, Position end, boolean quiet) {
		if (!quiet) {
			this.recordedEnds.set(shard, end);
		}
		this.ends.set(shard, end);
	}

	/**
	 * Return whether there may be rows of recorded channels in a shard after a position.
	 */
	boolean hasRecordedAfter(int shard, Position position) {
		Position end = this.recordedEnds.get(shard);
		return end != null && (!end.epoch().equals(position.epoch()) || end.offset() > position.offset());
	}

}
