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

import java.util.Arrays;

import io.github.atmosphererelay.message.Position;
import org.jspecify.annotations.Nullable;

/**
 * How far the reader has read a shard.
 *
 * @param shard the number of the shard
 * @param epoch the shard's epoch
 * @param number the number of the newest row that was read or passed over
 * @param fingerprint tells the content of that row, or {@code null} if it was not read
 */
record ShardCursor(int shard, String epoch, long number, @Nullable Integer fingerprint) {

	Position position() {
		return new Position(this.epoch, this.number);
	}

	/**
	 * Return this cursor after another row.
	 * @param number the number of the row
	 * @param envelope its content
	 */
	ShardCursor hasRead(long number, byte[] envelope) {
		return new ShardCursor(this.shard, this.epoch, number, Arrays.hashCode(envelope));
	}

	/**
	 * Return this cursor at a place where there is no row to compare with.
	 * @param number the number
	 */
	ShardCursor passedOver(long number) {
		return new ShardCursor(this.shard, this.epoch, number, null);
	}

	/**
	 * Return whether a row is another one than the one that was read at its place.
	 * @param envelope the content of the row that has this cursor's number
	 */
	boolean contradicts(byte[] envelope) {
		return this.fingerprint != null && this.fingerprint != Arrays.hashCode(envelope);
	}

}
