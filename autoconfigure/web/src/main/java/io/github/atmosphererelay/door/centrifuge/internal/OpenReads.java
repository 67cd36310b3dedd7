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

package io.github.atmosphererelay.door.centrifuge.internal;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import io.github.atmosphererelay.session.ClientSession;
import io.github.atmosphererelay.session.internal.ClientNetwork;

/**
 * Counts the history requests that wait for an answer. Some make a broker go through much
 * to find little, so that one client, or one machine with many sessions, could keep all
 * others waiting. Usually an answer takes milliseconds, and nobody comes near the limits.
 * Safe for use by many threads.
 */
final class OpenReads {

	static final int MAX_OF_SESSION = 8;

	static final int MAX_OF_ADDRESS = 128;

	private final Map<Object, Integer> counts = new ConcurrentHashMap<>();

	/**
	 * Begin a request.
	 * @param session whose request it is
	 * @return to be run when it has been answered
	 * @throws RequestRefusedException if too many wait
	 */
	Runnable begin(ClientSession session) {
		String id = session.id();
		if (!increment(id, MAX_OF_SESSION)) {
			throw new RequestRefusedException(ErrorCode.TOO_MANY_REQUESTS,
					MAX_OF_SESSION + " history requests of this client wait already, try again");
		}
		String address = ClientNetwork.of(session.remoteAddress());
		if (address != null && !increment(address, MAX_OF_ADDRESS)) {
			decrement(id);
			throw new RequestRefusedException(ErrorCode.TOO_MANY_REQUESTS,
					MAX_OF_ADDRESS + " history requests from this address wait already, try again");
		}
		return () -> {
			decrement(id);
			if (address != null) {
				decrement(address);
			}
		};
	}

	int size() {
		return this.counts.size();
	}

	private boolean increment(Object key, int limit) {
		boolean[] room = new boolean[1];
		this.counts.compute(key, (same, count) -> {
			int present = (count != null) ? count : 0;
			room[0] = present < limit;
			return (room[0]) ? Integer.valueOf(present + 1) : count;
		});
		return room[0];
	}

	private void decrement(Object key) {
		this.counts.computeIfPresent(key, (same, count) -> (count > 1) ? Integer.valueOf(count - 1) : null);
	}

}
