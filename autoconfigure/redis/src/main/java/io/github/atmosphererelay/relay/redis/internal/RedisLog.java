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

package io.github.atmosphererelay.relay.redis.internal;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.relay.ChannelLog;
import io.github.atmosphererelay.relay.LogContinuation;
import io.github.atmosphererelay.relay.LogPage;
import io.github.atmosphererelay.relay.PageLimit;
import io.github.atmosphererelay.relay.ReadDirection;
import io.github.atmosphererelay.relay.RelayListener;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import org.jspecify.annotations.Nullable;

/**
 * The logs of recorded channels on Redis, one stream for each channel. They are read
 * through the connector's present link, and are unavailable without one.
 */
final class RedisLog implements ChannelLog {

	private final RedisConnector connector;

	private final RedisLogScripts scripts;

	private final RedisLogReader reader;

	RedisLog(RedisConnector connector, RedisLogScripts scripts, RedisRelaySettings settings, RelayListener listener) {
		this.connector = connector;
		this.scripts = scripts;
		this.reader = new RedisLogReader(scripts, settings, listener);
	}

	@Override
	public CompletableFuture<LogPage> read(String channel, @Nullable Position since, PageLimit limit,
			ReadDirection direction) {
		return this.connector.withLink((link) -> this.reader.read(link, channel, since, limit, direction));
	}

	@Override
	public CompletableFuture<Position> position(String channel) {
		return this.connector.withLink((link) -> this.reader.position(link, channel));
	}

	/**
	 * Return the end of a channel's log without prolonging the log's life. If a new epoch
	 * is about to begin, the position is of no epoch.
	 */
	CompletableFuture<Position> peek(String channel) {
		return this.connector.withLink((link) -> this.scripts.peek(link, channel)).thenApply((end) -> {
			if (end == null) {
				throw new RelayUnavailableException(RedisRelay.NAME, null);
			}
			return end;
		});
	}

	/**
	 * Return the ends that logs had when their channels were first added to the index, if
	 * they had messages before, from a version without one.
	 */
	CompletableFuture<Map<String, Position>> indexedAt(List<String> channels) {
		return this.connector.withLink((link) -> this.scripts.indexedAt(link, channels)).thenApply((found) -> {
			if (found == null) {
				throw new RelayUnavailableException(RedisRelay.NAME, null);
			}
			return found;
		});
	}

	@Override
	public CompletableFuture<LogContinuation> resume(String channel, Position delivered, long reached) {
		return this.connector.withLink((link) -> this.reader.resume(link, channel, delivered, reached));
	}

	@Override
	public boolean hasConsecutiveOffsets() {
		return true;
	}

}
