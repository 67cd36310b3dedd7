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

package io.github.atmosphererelay.jdbc.internal;

import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * The end of a shard and the next rows before it, read by {@link ShardedLogPoll}.
 *
 * @param head the end of the shard
 * @param rows the next rows, in ascending order, not after the end
 */
public record ShardPage(ShardHead head, List<Row> rows) {

	/**
	 * Return the size of the envelopes that came with the rows.
	 * @return the size in bytes
	 */
	public long size() {
		return this.rows.stream().mapToLong((row) -> (row.envelope() != null) ? row.envelope().length : 0).sum();
	}

	/**
	 * A row.
	 *
	 * @param number the number of the row in its shard
	 * @param envelope the encoded envelope, or {@code null} if it is large and has to be
	 * {@linkplain ShardedLogPoll#readOne read by itself}
	 */
	public record Row(long number, byte @Nullable [] envelope) {
	}

}
