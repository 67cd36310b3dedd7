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

package io.github.atmosphererelay.transport.internal;

import java.util.concurrent.TimeUnit;

/**
 * Limits the pings and pongs of one client. The limit is separate from that of messages,
 * so pongs do not reduce the number of messages that a client may send. For the one
 * thread that reads.
 */
public final class ControlRate {

	/**
	 * The number of pings and pongs that a client may send in a second. Well-behaved
	 * clients send one in several seconds.
	 */
	public static final int MAX_PER_SECOND = 100;

	private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

	private long since = System.nanoTime();

	private int count;

	/**
	 * Count a ping or pong.
	 * @return whether the client is within the limit
	 */
	public boolean allows() {
		long now = System.nanoTime();
		if (now - this.since >= SECOND) {
			this.since = now;
			this.count = 0;
		}
		this.count++;
		return this.count <= MAX_PER_SECOND;
	}

}
