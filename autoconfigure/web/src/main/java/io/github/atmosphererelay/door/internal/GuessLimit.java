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

package io.github.atmosphererelay.door.internal;

import java.net.InetSocketAddress;
import java.security.Principal;
import java.time.Duration;

import io.github.atmosphererelay.session.internal.ClientNetwork;
import io.github.bucket4j.Bucket;
import org.jspecify.annotations.Nullable;

/**
 * Limits how often a client names sessions of other nodes that do not exist: each costs a
 * message between nodes. A client is a user, or an address if it is anonymous. Clients
 * whose node has gone name a few, and many may share an address, so that the limit is
 * wide. Safe for use by many threads.
 */
public final class GuessLimit {

	private static final int RATE = 50;

	private static final int BURST = 500;

	private final LimitedParties clients = new LimitedParties(0,
			() -> Bucket.builder()
				.addLimit((limit) -> limit.capacity(BURST).refillGreedy(RATE, Duration.ofSeconds(1)))
				.build(),
			BURST);

	/**
	 * Return whether a client has guessed too often.
	 * @param address the client's address
	 * @param principal the client, or {@code null} if it is anonymous
	 * @return whether it is refused for now
	 */
	public boolean isReached(InetSocketAddress address, @Nullable Principal principal) {
		Bucket bucket = bucket(address, principal);
		return bucket != null && bucket.getAvailableTokens() < 1;
	}

	/**
	 * Count a session that was not found.
	 * @param address the client's address
	 * @param principal the client, or {@code null} if it is anonymous
	 */
	public void count(InetSocketAddress address, @Nullable Principal principal) {
		Bucket bucket = bucket(address, principal);
		if (bucket != null) {
			bucket.tryConsume(1);
		}
	}

	private @Nullable Bucket bucket(InetSocketAddress address, @Nullable Principal principal) {
		// A user's name cannot be mistaken for an address
		String key = (principal != null) ? "user " + principal.getName() : ClientNetwork.of(address);
		return (key != null) ? this.clients.visit(key) : null;
	}

}
