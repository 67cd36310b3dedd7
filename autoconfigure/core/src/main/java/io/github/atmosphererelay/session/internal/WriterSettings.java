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

package io.github.atmosphererelay.session.internal;

import java.time.Duration;

/**
 * The settings of the writers.
 *
 * @param shards the number of writers, 1 to 64
 * @param maxStuck the maximum number of further writers that replace stuck ones
 * @param sendTimeout the time after which a stuck write ends its session
 * @param replayBytes the maximum number of bytes of history and missed messages that may
 * be unwritten for all clients together
 * @param sessionReplayBytes the same for one client; a single reply may be larger
 */
public record WriterSettings(int shards, int maxStuck, Duration sendTimeout, long replayBytes,
		long sessionReplayBytes) {

	private static final long DEFAULT_REPLAY_BYTES = 64 * 1024 * 1024;

	private static final long DEFAULT_SESSION_REPLAY_BYTES = 4 * 1024 * 1024;

	public WriterSettings {
		if (shards < 1 || shards > 64) {
			throw new IllegalArgumentException("'shards' must be between 1 and 64");
		}
		if (maxStuck < 1) {
			throw new IllegalArgumentException("'maxStuck' must be positive");
		}
	}

	/**
	 * Create settings with the default budget for replays.
	 * @param shards the number of writers, 1 to 64
	 * @param maxStuck the maximum number of further writers that replace stuck ones
	 * @param sendTimeout the time after which a stuck write ends its session
	 */
	public WriterSettings(int shards, int maxStuck, Duration sendTimeout) {
		this(shards, maxStuck, sendTimeout, DEFAULT_REPLAY_BYTES, DEFAULT_SESSION_REPLAY_BYTES);
	}

}
