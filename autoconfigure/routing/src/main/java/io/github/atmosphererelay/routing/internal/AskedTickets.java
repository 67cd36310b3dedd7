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

package io.github.atmosphererelay.routing.internal;

import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;

import org.jspecify.annotations.Nullable;

/**
 * How many tickets this node asks other nodes about at a time. Each question holds a
 * thread that checks tokens, and whoever sends a forged ticket makes this node ask:
 * therefore all questions together leave threads to clients with other tokens, and those
 * to one node, which may answer late, leave questions to the others. For any thread.
 */
final class AskedTickets {

	/**
	 * How many tickets are asked about at a time: less than there are threads that check
	 * tokens.
	 */
	static final int MAX_ASKED = 6;

	/** How many of these one node may have issued. */
	static final int MAX_ASKED_OF_ISSUER = 4;

	private final Semaphore room = new Semaphore(MAX_ASKED);

	private final Map<UUID, Semaphore> ofIssuers = new ConcurrentHashMap<>();

	/**
	 * Take a place for a question, which must be given back.
	 * @param issuer the node that is asked; must be one of the cluster
	 * @return gives the place back and is called once; {@code null} if there is no place
	 */
	@Nullable Runnable take(UUID issuer) {
		Semaphore ofIssuer = this.ofIssuers.computeIfAbsent(issuer, (same) -> new Semaphore(MAX_ASKED_OF_ISSUER));
		if (!ofIssuer.tryAcquire()) {
			return null;
		}
		if (!this.room.tryAcquire()) {
			ofIssuer.release();
			return null;
		}
		return () -> {
			this.room.release();
			ofIssuer.release();
		};
	}

	/**
	 * Forget nodes that are gone.
	 */
	void retain(Set<UUID> nodes) {
		this.ofIssuers.keySet().retainAll(nodes);
	}

}
